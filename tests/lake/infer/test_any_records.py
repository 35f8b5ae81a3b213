"""Whatever JSON objects and fields of CSV are: the contract inferred of them is sound, and all become rows under it."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lake.errors import UsageError
from lake.infer.infer import infer
from lake.infer.objects import sample_objects

NAMES = st.sampled_from(
    ["id", "userId", "user_id", "time", "price", "dt", "a.b", "Records", "", "1", "N", "S", "yes", "é"]
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.integers(0, 9),
    st.floats(allow_nan=False, allow_infinity=False, width=32),
    st.sampled_from(
        ["", "NA", "-", "7", "007", "1e5", "true", "2026-11-21", "2026-11-21T09:00:00Z", "01/02/2018", "x"]
    ),
    st.sampled_from([1543534570, 1543534570000]),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=4)),
    max_leaves=8,
)
RECORDS = st.lists(st.dictionaries(NAMES, VALUES, min_size=1, max_size=6), min_size=1, max_size=6).filter(
    lambda records: any(record != {"Records": None} for record in records)  # an envelope of nothing names no field
)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(records=RECORDS)
def test_any_objects_become_rows_under_the_contract_inferred_of_them(
    tmp_path: Path, records: list[dict[str, Any]]
) -> None:
    path = tmp_path / "sample.json"
    path.write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    found = infer(sample_objects([str(path)]), "try", "events_v1")
    assert dict(found.account.rejected) == {}, found.account.messages


def test_objects_that_are_envelopes_of_nothing_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "sample.json"
    path.write_text('{"Records": null}\n{}\n')
    with pytest.raises(UsageError, match=r"sample\.json: expected records with fields, found none at all$"):
        infer(sample_objects([str(path)]), "try", "events_v1")


FIELDS = st.sampled_from(
    [
        *(
            "",
            "NA",
            "-",
            "7",
            " 7",
            "007",
            "1.0",
            "3.50",
            "true",
            "2026-11-21 09:00:00",
            "13/02/2018",
            "1543534570",
            "x",
        ),
        *(r"\N", 'say "x"', "a,b", "a;b", "line\nbreak", "1,000", "9" * 30, "é"),
    ]
)
HEADER = st.lists(
    st.sampled_from(["id", "User Id", "time", "price", "dt", "a.b", "yes", " x", "Rescued"]),
    min_size=2,
    max_size=4,
    unique=True,
)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), header=HEADER, delimiter=st.sampled_from(",;\t|"))
def test_any_fields_become_rows_under_the_contract_inferred_of_them(
    tmp_path: Path, data: st.DataObject, header: list[str], delimiter: str
) -> None:
    row = st.lists(FIELDS, min_size=len(header), max_size=len(header)).filter(any)
    path = tmp_path / "sample.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, delimiter=delimiter).writerows([header, *data.draw(st.lists(row, min_size=1, max_size=6))])
    found = infer(sample_objects([str(path)]), "try", "events_v1")
    assert (dict(found.account.rejected), found.account.rescued) == ({}, 0), found.text
