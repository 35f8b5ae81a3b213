"""What the applications carry of contracts is what the contracts say."""

from __future__ import annotations

from pathlib import Path

from lake.contract.load import load_tables
from lake.flink.render_contracts import stale_specs
from lake.flink.rendered_contract import read_spec

REPOSITORY = Path(__file__).resolve().parents[3]
SPECS = REPOSITORY / "flink_apps" / "contracts"


def test_rendered_contracts_are_current() -> None:
    assert stale_specs(REPOSITORY / "contracts", SPECS) == {}


def test_stale_and_missing_ones_are_found(tmp_path: Path) -> None:
    (tmp_path / "clickstream").mkdir()
    (tmp_path / "clickstream" / "events_v1.json").write_text("{}")
    assert sorted(path.name for path in stale_specs(REPOSITORY / "contracts", tmp_path)) == [
        "events_v1.json",
        "sessions_v1.json",
    ]


def test_spec_has_the_contracts_columns_in_their_order() -> None:
    table = load_tables(REPOSITORY / "contracts")["clickstream.events_v1"]
    spec = read_spec(SPECS, "clickstream.events_v1")
    assert [column.name for column in spec.columns] == [column.name for column in table.columns]
    assert spec.event_time == table.event_time
    assert spec.flink_columns == (
        ("event_id", "STRING"),
        ("user_id", "BIGINT"),
        ("device_id", "STRING"),
        ("client_event", "STRING"),
        ("client_timestamp", "TIMESTAMP(6)"),
    )
