"""The page "Add a table", followed as it is written, in an empty folder."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from tests.docs.conftest import Followed, run


def counts(folder: Path) -> tuple[int, ...]:
    """records, rows, duplicates, quarantined of the one hour."""
    (hour,) = json.loads(run(folder, "lake status shop.orders_v1 --json").stdout)
    assert (hour["partition"], hour["state"]) == ("2026-11-21-09", "current")
    return tuple(hour[name] for name in ("records", "rows", "duplicates", "quarantined"))


def rows(folder: Path, columns: str) -> list[list[object]]:
    sql = f"SELECT {columns} FROM shop.orders_v1 ORDER BY order_id"
    answer = run(folder, f'lake query --format json "{sql}"').stdout
    return [list(row.values()) for row in json.loads(answer)]


@pytest.mark.e2e
def test_the_page_makes_a_table_as_it_says(add_a_table: Followed, tmp_path: Path) -> None:
    shutil.copytree(add_a_table.folder, tmp_path, dirs_exist_ok=True)
    assert counts(tmp_path) == (6, 4, 1, 1)
    assert rows(
        tmp_path, "order_id, customer_id, cast(amount AS varchar), state, date_format(ordered_at, '%H:%i:%s'), dt"
    ) == [
        ["o-1", 7, "12.50", "PAID", "09:01:00", "2026-11-21-09"],
        ["o-2", 8, "3.00", "OPEN", "09:02:00", "2026-11-21-09"],
        ["o-4", 9, "5.25", "PAID", "09:04:00", "2026-11-21-09"],
        ["o-5", 9, "20.00", "SENT", "09:05:00", "2026-11-21-09"],
    ]
    sums = re.findall(r"│ ([A-Z]+) +│ +(\d+) │ +([\d.]+) │", "".join(add_a_table.outputs))
    assert sums == [("OPEN", "1", "3.00"), ("PAID", "2", "17.75"), ("SENT", "1", "20.00")]
    last = add_a_table.outputs[-1]
    assert re.search(r"│ o-4 +│ \{\"coupon\": ?\"SPRING\"\} │", last)
    assert "value_not_allowed" in last

    again = run(tmp_path, "lake run raw_to_parquet --table shop.orders_v1")
    assert "nothing to do" in again.stderr

    # Step 5: the rejected order is allowed, and becomes a row.
    contract = tmp_path / "contracts" / "shop" / "orders_v1.odcs.yaml"
    contract.write_text(contract.read_text().replace("[OPEN, PAID, SENT]", "[OPEN, PAID, SENT, LOST]"))
    run(tmp_path, "lake run raw_to_parquet --table shop.orders_v1")
    assert counts(tmp_path) == (6, 5, 1, 0)
    assert ["o-3", "LOST"] in rows(tmp_path, "order_id, state")
