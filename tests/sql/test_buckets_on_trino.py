"""Buckets as the job writes them, read by Trino with its bucket validation on: no row is hidden, and few are read.

A row in a wrong bucket would be silent: `WHERE key = ?` prunes its bucket away. A function around the key makes Trino
read all buckets, so both questions must have one answer.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from datetime import date, timedelta

import pytest

from lake_local.trino.client import TrinoAnswer
from tests.glue_jobs.harness import Trial
from tests.trino_servers import TestTrino

ROWS, COUNT = 100_000, 16
TYPES = {"name": "string", "small": "int", "big": "bigint", "day": "date"}
AROUND = {"name": "concat(name, '')", "small": "small + 0", "big": "big + 0", "day": "date_add('day', 0, day)"}
NAMES = ["", "ASCII", "Größe", "强大的引擎", "𠿼𠿽𠿾", "a'b", "Ω" * 40, *(f"key-{n}" for n in range(2000))]
CONTRACT = """
apiVersion: v3.1.0
kind: DataContract
id: t.{table}
version: 1.0.0
status: active
schema:
  - name: {table}
    physicalType: table
    description: Keys of every type that can be bucketed.
    customProperties: {properties}
    properties:
{columns}
      - name: dt
        physicalType: string
        description: Hour of arrival.
        required: true
        partitioned: true
        partitionKeyPosition: 1
"""


def contract(table: str, properties: dict[str, object]) -> str:
    columns = "".join(
        f"      - {{name: {name}, physicalType: {kind}, description: A {kind}.}}\n" for name, kind in TYPES.items()
    )
    listed = json.dumps([{"property": name, "value": value} for name, value in properties.items()])
    return CONTRACT.format(table=table, properties=listed, columns=columns.rstrip("\n"))


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A root with t.keys_v1, 100,000 rows in one hour, and a table for each of its columns, bucketed by that one."""
    folder = tmp_path_factory.mktemp("keys")
    contracts = folder / "contracts" / "t"
    contracts.mkdir(parents=True)
    (contracts / "keys_v1.odcs.yaml").write_text(contract("keys_v1", {"sourceFormat": "json"}))
    for name in TYPES:
        bucketed = {"sourceTable": "t.keys_v1", "bucketColumns": [name], "bucketCount": COUNT, "rowGroupRows": 1000}
        (contracts / f"by_{name}_v1.odcs.yaml").write_text(contract(f"by_{name}_v1", bucketed))
    trial = Trial(str(folder / "lake"), "t.keys_v1", contracts=str(contracts.parent))
    trial.land(9, "a", "".join(json.dumps(row) + "\n" for row in rows()))
    trial.run()
    for name in TYPES:
        trial.of(f"t.by_{name}_v1").run()
    return trial.root


def rows() -> list[dict[str, object]]:
    draw = random.Random(1)
    edges = [-(2**63), 2**63 - 1, -1, 0, 300_000_000_000]
    made: list[dict[str, object]] = []
    for number in range(ROWS):
        made.append(
            {
                "name": draw.choice(NAMES),
                "small": (-(2**31), 2**31 - 1)[number % 2] if number % 50 < 2 else draw.randrange(-1000, 1000),
                "big": edges[number % 5] if number % 50 < 5 else draw.randrange(-(2**40), 2**40) // 10**9,
                "day": (date(1900, 1, 1) + timedelta(draw.randrange(0, 70_000))).isoformat(),
            }
        )
        if number % 997 == 0:
            made[-1] = dict.fromkeys(TYPES)
    return made


def literal(name: str, value: object) -> str:
    if name == "day":
        return f"DATE '{value}'"
    quoted = str(value).replace("'", "''")
    return f"'{quoted}'" if name == "name" else f"CAST({value} AS {'integer' if name == 'small' else 'bigint'})"


def sample(name: str) -> list[object]:
    """Keys of every kind: all the unusual ones, and some of the many."""
    draw = random.Random(2)
    values = sorted({row[name] for row in rows() if row[name] is not None}, key=str)
    unusual = {
        "name": NAMES[:7],
        "small": [-(2**31), 2**31 - 1, 0, -1],
        "big": [-(2**63), 2**63 - 1, -1, 0, 300_000_000_000],
    }
    return [*unusual.get(name, []), *draw.sample(values, 8)]


@pytest.mark.parametrize("name", TYPES)
def test_every_key_is_found_where_it_is_looked_for_and_in_one_bucket(
    name: str, keys: str, trino_local: TestTrino
) -> None:
    def counted(condition: str) -> TrinoAnswer:
        return trino_local.query(
            keys, f"SELECT count(*) AS n FROM t.by_{name}_v1 WHERE dt = '2026-11-21-09' AND {condition}"
        )

    truth = Counter(row[name] for row in rows())

    whole = counted(f"{AROUND[name]} IS NOT NULL OR {name} IS NULL")  # reads, and validates, every bucket
    assert whole.table.to_pylist() == [{"n": ROWS}]
    for value in sample(name):
        key = literal(name, value)
        found = counted(f"{name} = {key}")
        assert found.table.to_pylist() == [{"n": truth[value]}] != [{"n": 0}], key
        # One bucket of sixteen: proven by what was read, and by the pieces of files that were looked at.
        assert found.scan_splits * COUNT <= whole.scan_splits, key
        assert found.bytes_read * 4 < whole.bytes_read, key
    unpruned = counted(f"{AROUND[name]} = {key}")
    assert (unpruned.table, unpruned.scan_splits) == (found.table, whole.scan_splits)


def test_rows_whose_key_is_null_are_found_in_bucket_zero(keys: str, trino_local: TestTrino) -> None:
    for name in TYPES:
        found = trino_local.query(
            keys, f'SELECT count(*) AS n, max("$bucket") AS b FROM t.by_{name}_v1 WHERE {name} IS NULL'
        )
        assert found.table.to_pylist() == [{"n": len(range(0, ROWS, 997)), "b": 0}]


def test_a_list_of_keys_reads_the_buckets_of_the_list(keys: str, trino_local: TestTrino) -> None:
    listed = ", ".join(literal("name", value) for value in NAMES[:3])
    found = trino_local.query(keys, f"SELECT count(*) AS n FROM t.by_name_v1 WHERE name IN ({listed})")
    truth = trino_local.query(keys, f"SELECT count(*) AS n FROM t.keys_v1 WHERE name IN ({listed})")
    assert found.table == truth.table
    assert 1 <= found.scan_splits <= 3
