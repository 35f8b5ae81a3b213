"""Whatever the filter: what is left out holds no row of the answer."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lake.query.run import run_query
from tests.lake.query.readings_lake import HOURS, SENSORS

_SENSORS = st.sampled_from([f"device_{number:02d}" for number in range(0, SENSORS, 3)] + ["", "device", "é"])
_HOURS = st.sampled_from([*HOURS, "2026-11-21", "2026-11-22", "x"])
_COMPARISONS = st.sampled_from(["=", "<>", "<", "<=", ">", ">="])


def quoted(values: list[str]) -> str:
    return ", ".join(f"'{value}'" for value in values)


def leaves_about(column: str, values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    several = st.lists(values, min_size=1, max_size=4).map(quoted)
    return st.one_of(
        st.builds(lambda comparison, value: f"{column} {comparison} '{value}'", _COMPARISONS, values),
        st.builds(lambda comparison, value: f"'{value}' {comparison} {column}", _COMPARISONS, values),
        several.map(lambda listed: f"{column} IN ({listed})"),
        several.map(lambda listed: f"{column} NOT IN ({listed})"),
        values.map(lambda value: f"{column} LIKE '{value[:9]}%'"),
        values.map(lambda value: f"lower({column}) = '{value}'"),
        st.sampled_from([f"{column} IS NULL", f"{column} IS NOT NULL", f"substr({column}, 9) > '1'"]),
    )


_NUMBERS = st.one_of(
    st.builds(
        lambda comparison, value: f"user_id {comparison} {value}", _COMPARISONS, st.integers(min_value=-1, max_value=41)
    ),
    st.lists(st.integers(0, 40), min_size=1, max_size=3).map(lambda few: f"user_id IN ({', '.join(map(str, few))})"),
)
CONDITIONS = st.recursive(
    st.one_of(leaves_about("sensor_id", _SENSORS), leaves_about("dt", _HOURS), _NUMBERS),
    lambda inner: st.one_of(
        st.builds(lambda a, b: f"({a} AND {b})", inner, inner),
        st.builds(lambda a, b: f"({a} OR {b})", inner, inner),
        inner.map(lambda a: f"NOT ({a})"),
    ),
    max_leaves=5,
)


@pytest.mark.parametrize("source", ["sensors.readings_by_sensor_v1", "sensors.readings"])
@given(conditions=st.lists(CONDITIONS, min_size=1, max_size=8))
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_filters_find_the_rows_that_they_find_without_pruning(
    source: str, conditions: list[str], readings_root: str
) -> None:
    """Several in one query: each SELECT of a UNION is pruned by its own WHERE, and a query takes a while to start."""
    selects = (
        f"SELECT {number} AS filter, dt, sensor_id, user_id FROM {source} AS t WHERE {condition}"
        for number, condition in enumerate(conditions)
    )
    pruned = run_query(f"{' UNION ALL '.join(selects)} ORDER BY 1, 2, 3", readings_root)

    columns = "reverse(reverse(sensor_id)) AS sensor_id, user_id + 0 AS user_id, reverse(reverse(dt)) AS dt"
    answers = ", ".join(f"({condition}) AS filter_{number}" for number, condition in enumerate(conditions))
    whole = f"(SELECT {columns} FROM {source} ORDER BY random()) AS t"
    unpruned = run_query(f"SELECT dt, sensor_id, user_id, {answers} FROM {whole} ORDER BY 1, 2", readings_root)
    assert unpruned.partitions_read == (4 if source.endswith("v1") else 6)  # it is no yardstick unless all is read
    rows = unpruned.table.to_pylist()
    assert pruned.table.to_pylist() == [
        {"filter": number, **{name: row[name] for name in ("dt", "sensor_id", "user_id")}}
        for number in range(len(conditions))
        for row in rows
        if row[f"filter_{number}"]
    ]
