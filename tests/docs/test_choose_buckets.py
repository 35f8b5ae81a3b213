"""The page "Choose buckets", followed as it is written, in the folder in which "Add a table" was followed."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pyarrow as pa
import pytest

from lake.catalog import Partition
from lake.cli.app import run_command
from lake.contract.arrow import arrow_schema
from lake.contract.bucketing import BUCKET_TYPES
from lake.contract.hive_hash import bucket_of
from lake.jobs.lake import Lake
from lake.ops.suggest_buckets import BUCKET_BYTES, MOST_BUCKETS
from tests.conftest import REPOSITORY
from tests.docs.conftest import Followed, follow, run
from tests.docs.pages import command_lines, fences
from tests.lake.query.small_lake import SmallLake

PAGE = REPOSITORY / "docs" / "choose-buckets.md"
TABLE = "shop.orders_by_customer_v1"
DT = "2026-11-21-09"


def test_the_page_says_what_the_code_does() -> None:
    text = PAGE.read_text(encoding="utf-8")
    types = re.search(r"It can be a ([^.]*)\.", text)
    assert types is not None
    assert tuple(re.findall(r"`(\w+)`", types.group(1))) == BUCKET_TYPES
    assert f"{BUCKET_BYTES // 10**6} MB or less" in text
    assert f"keys in an hour, because a key has one bucket; {MOST_BUCKETS}, " in text
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    assert re.search(r"^render:.*\n\t\$\(JOBS\)/bin/python -m lake\.contract\.render_ddl$", makefile, re.MULTILINE)


@pytest.mark.e2e
def test_the_page_makes_a_bucketed_table_as_it_says(add_a_table: Followed, tmp_path: Path) -> None:
    shutil.copytree(add_a_table.folder, tmp_path, dirs_exist_ok=True)
    blocks = fences(PAGE)
    first = next(number for number, fence in enumerate(blocks) if "shop.orders_v1 --column" in fence.text)
    suggested, made = follow(tmp_path, blocks[first:]).outputs
    assert "bucketColumns: [customer_id]\nbucketCount: 1\n" in suggested
    assert "- How sure: low, by 1 hour; " in suggested

    answered = re.findall(r"│ (o-\d) +│ +([\d.]+) │", made)
    assert answered == [("o-4", "5.25"), ("o-5", "20.00")]
    files = [path.name for path in tmp_path.glob(f".lake/bucketed/shop/orders_by_customer_v1/dt={DT}/run=*/*.parquet")]
    assert sorted({int(name[:6]) for name in files}) == sorted({bucket_of([key], ["bigint"], 8) for key in (7, 8, 9)})
    (hour,) = json.loads(run(tmp_path, f"lake status {TABLE} --json").stdout)
    assert (hour["partition"], hour["state"], hour["rows"]) == (DT, "current", 4)

    run(tmp_path, "python -m lake.contract.render_ddl")
    assert "INTO 8 BUCKETS" in (tmp_path / "sql/shop/orders_by_customer_v1/ddl.sql").read_text(encoding="utf-8")

    contract = tmp_path / "contracts" / "shop" / "orders_by_customer_v1.odcs.yaml"
    contract.write_text(contract.read_text(encoding="utf-8").replace("value: 8\n", "value: 16\n"), encoding="utf-8")
    refused = run(tmp_path, f"lake run bucket_by_key --table {TABLE} 2>&1 && exit 1 || true").stdout
    assert "its contract says 16 buckets by customer_id, and what is published has 8" in refused
    (hour,) = json.loads(run(tmp_path, f"lake status {TABLE} --json").stdout)
    assert hour["rows"] == 4


def test_the_commands_on_how_many_buckets_measure_what_they_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LAKE_ROOT", str(tmp_path))
    monkeypatch.setenv("LAKE_CONTRACTS", str(REPOSITORY / "contracts"))
    lake = Lake.open(str(tmp_path))
    for table in (lake.table("sensors.readings_v1"), lake.table("clickstream.events_v1")):
        lake.declare(table)
        place = f"curated/{table.database}/{table.name}/dt={DT}/run=r1"
        schema = arrow_schema(table)
        row = pa.table([pa.nulls(1, field.type) for field in schema], schema=schema)
        SmallLake(str(tmp_path)).write(f"{place}/part-0.parquet", row)
        published = Partition(DT, place).with_parameters(rows="1", bytes="1000")
        assert lake.catalog.publish(table.database, table.name, published, None)

    block = next(fence for fence in fences(PAGE) if "readings_by_sensor_v1" in fence.text)
    assert [run_command(words[1:]) for words in command_lines(block.text)] == [0, 0]
    printed = capsys.readouterr().out
    assert re.findall(r"^bucketColumns: .*$|^- Measured: 1 published hour of \S+", printed, re.MULTILINE) == [
        "bucketColumns: [sensor_id]",
        "- Measured: 1 published hour of sensors.readings_v1.",
        "bucketColumns: [device_id]",
        "- Measured: 1 published hour of clickstream.events_v1.",
    ]
