"""Values for a query's ?: by name where its header names them, in order elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from lake.errors import LakeError, UsageError
from lake.sql.parameters import bound
from lake.sql.query_errors import QuerySyntaxError

NAMED = """-- description: What a sensor measured.
-- parameter: sensor_id varchar = 'device_17'   The sensor.
-- parameter: least integer = 30   The least.
SELECT count(*) FROM sensors.readings WHERE sensor_id = ? AND current_temperature > ?
"""


@pytest.mark.parametrize(
    ("given", "condition"),
    [
        ([], "sensor_id = 'device_17' AND current_temperature > 30"),
        (["sensor_id=o'clock = 1"], "sensor_id = 'o''clock = 1' AND current_temperature > 30"),
        (["least=-5", "sensor_id="], "sensor_id = '' AND current_temperature > (-5)"),
    ],
)
def test_a_text_with_a_header_takes_values_by_name(given: list[str], condition: str, tmp_path: Path) -> None:
    assert bound(NAMED, given).endswith(f"WHERE {condition}\n")
    path = tmp_path / "sensors" / "hot" / "query.sql"
    path.parent.mkdir(parents=True)
    path.write_text(NAMED)
    assert bound(NAMED, given, path) == bound(NAMED, given)


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        (["7", "2.5"], "SELECT 7, 2.5, '?' -- ?"),
        (["device_7", "it's"], "SELECT 'device_7', 'it''s', '?' -- ?"),
        (["'7'", "2026-11-21-09"], "SELECT '7', '2026-11-21-09', '?' -- ?"),
    ],
)
def test_any_other_text_takes_them_in_order(given: list[str], asked: str) -> None:
    assert bound("SELECT ?, ?, '?' -- ?", given) == asked


@pytest.mark.parametrize(
    ("text", "given", "kind", "message"),
    [
        (NAMED, ["sensor=x"], LakeError, "sensor_id"),
        (NAMED, ["least=many"], LakeError, "expected a whole number"),
        (NAMED, ["device_17"], UsageError, "expected NAME=VALUE"),
        (NAMED, ["least=1", "least=2"], UsageError, "duplicate value of least"),
        ("SELECT ?", [], UsageError, "it has 1 ?, and there are 0 --param"),
        ("SELECT 1", ["1"], UsageError, "it has 0 ?, and there are 1 --param"),
        ("SELECT 'a", ["1"], QuerySyntaxError, "left open"),
    ],
)
def test_a_wrong_value_is_reported(text: str, given: list[str], kind: type[LakeError], message: str) -> None:
    with pytest.raises(kind) as error:
        bound(text, given)
    assert message in str(error.value)
    assert error.value.exit_code == 2
