"""Contracts of tables that are derived by day."""

from __future__ import annotations

from pathlib import Path

import pytest

from lake.contract.load import load_contract
from lake.errors import ContractError
from tests.conftest import REPOSITORY
from tests.lake.contract.orders import write_contract

PLACE = "clickstream/sessions_by_day_v1.odcs.yaml"
TEXT = (REPOSITORY / "contracts" / PLACE).read_text()
GRAIN = "      - property: partitionGrain\n        value: day\n"
JOB = "      - property: madeBy\n        value: sessions\n"
SOURCE = "      - property: sourceTable\n        value: clickstream.events_v1\n"


def test_a_table_of_days_lies_in_a_zone_of_its_own_and_names_its_job() -> None:
    table = load_contract(REPOSITORY / "contracts" / PLACE)
    assert (table.grain, table.made_by, table.zone, table.upstream, table.has_quarantine) == (
        "day", "sessions", "derived", "clickstream.events_v1", False,
    )  # fmt: skip


def test_other_tables_are_of_hours() -> None:
    table = load_contract(REPOSITORY / "contracts" / "clickstream" / "events_v1.odcs.yaml")
    assert (table.grain, table.made_by, table.zone) == ("hour", None, "curated")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("value: day", "value: week", "partitionGrain is 'week'; expected day, or nothing for hours"),
        (JOB, "", "partitionGrain: day without madeBy; expected the job's name, e.g. sessions"),
        ("value: sessions\n", "value: 7\n", "madeBy is 7; expected a job's name"),
        (GRAIN, "", "madeBy without partitionGrain: day"),
        (SOURCE, "", "partitionGrain without sourceTable; expected the table of the events"),
        (
            JOB,
            JOB + "      - property: bucketColumns\n        value: [user_id]\n",
            "bucketColumns with partitionGrain: day; expected one of them",
        ),
    ],
)
def test_a_contract_that_says_half_of_it_is_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in TEXT
    with pytest.raises(ContractError) as refused:
        load_contract(write_contract(tmp_path, TEXT.replace(old, new), PLACE))
    assert message in str(refused.value)
