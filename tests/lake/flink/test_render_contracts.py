"""What the applications carry of contracts is what the contracts say."""

from __future__ import annotations

from pathlib import Path

from lake.contract.load import load_tables
from lake.flink.render_contracts import stale_files
from lake.flink.rendered_contract import read_rendered

REPOSITORY = Path(__file__).resolve().parents[3]
RENDERED = REPOSITORY / "flink_apps" / "contracts"


def test_rendered_contracts_are_current() -> None:
    assert stale_files(REPOSITORY / "contracts", RENDERED) == {}


def test_stale_and_missing_ones_are_found(tmp_path: Path) -> None:
    (tmp_path / "clickstream").mkdir()
    (tmp_path / "clickstream" / "events_v1.json").write_text("{}")
    assert sorted(path.name for path in stale_files(REPOSITORY / "contracts", tmp_path)) == [
        "events_v1.json",
        "sessions_v1.json",
    ]


def test_flink_columns_are_the_contracts_in_their_order() -> None:
    table = load_tables(REPOSITORY / "contracts")["clickstream.events_v1"]
    rendered = read_rendered(RENDERED, "clickstream.events_v1")
    assert [name for name, _ in rendered.flink_columns] == [column.name for column in table.columns]
    assert rendered.flink_columns == (
        ("event_id", "STRING"),
        ("user_id", "BIGINT"),
        ("device_id", "STRING"),
        ("client_event", "STRING"),
        ("client_timestamp", "TIMESTAMP(6)"),
    )
