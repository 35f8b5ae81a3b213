"""`python -m bench.json_reading`: how fast JSON is read, clean, drifted or broken, as a share of a bare reader's speed.

The bare reader is pyarrow.json on one core with the contract's schema, on clean lines alone: it checks, rescues and
rejects nothing, and one bad line ends it. Ours reads the same clicks in the forms below to rows and rejected records.
Seconds are CPU time of this process; the ways take turns, and a ratio is the median of the rounds'.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from statistics import median

import pyarrow as pa
import pyarrow.json as pj

from bench.measure import machine
from lake.contract.arrow import arrow_schema
from lake.contract.load import contracts_folder, table_named
from lake.contract.model import Source, Table
from lake.contract.source_path import SourcePath, parse_path
from lake.parse.gzip_stream import Chunk
from lake.parse.json_blocks import json_blocks
from lake_local.datagen.query import lines
from lake_local.datagen.volume import Volume

TABLE = "clickstream.events_v1"
CHUNK_BYTES = 1 << 20
SCALAR = b',"campaign":"spring-2026"}'
NESTED = b',"page":{"path":"/shop/7","tags":["new","sale"],"load":{"ms":12.5,"cached":null}}}'
AIMS = {"clean": 0.85, "1 % malformed": 0.75, "unknown scalar": 0.7, "unknown nested": 0.6, "run together": 0.7}
AIMS |= {"nested paths": 0.5, "payloads of 200": 0.5}


def main() -> None:
    """Parse the options, make the records, read, print. Exit code 1 where an aim is missed."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--records", type=int, default=200_000, help="clicks; the aims are for the default")
    options.add_argument("--rounds", type=int, default=9, help="rounds that are counted, after one that is not")
    asked = options.parse_args()
    table = table_named(TABLE, contracts_folder())
    clean = clicks(table, asked.records, 0.0)
    made = {name: (table, data) for name, data in forms(clean, clicks(table, asked.records, 0.01)).items()}
    made |= nested_forms(clean, table)
    print(f"{machine()}, load {os.getloadavg()[0]:.1f}; {asked.records:,} clicks, {sum(map(len, clean)):,} bytes")
    schema = arrow_schema(table).remove(len(table.columns))
    seconds = measured(schema, clean, made, asked.rounds)
    missed = report(seconds, asked.records)
    sys.exit(1 if missed else 0)


def clicks(table: Table, records: int, malformed: float) -> list[bytes]:
    """Lines without their line feed, of which this share is malformed."""
    volume = Volume(table, records, 1, datetime(2026, 11, 21, tzinfo=UTC), malformed=malformed)
    return [line.rstrip(b"\n") for batch in lines(volume) for line in batch["line"].to_pylist()]


def forms(clean: list[bytes], malformed: list[bytes]) -> dict[str, bytes]:
    """The streams to be read, by name. Those without an aim are for comparison."""
    other_type = [line if number % 100 else b'{"user_id":"x",' + line[1:] for number, line in enumerate(clean)]
    pretty = [json.dumps(json.loads(line), indent=2).encode() for line in clean]
    return {
        "clean": b"\n".join(clean),
        "1 % malformed": b"\n".join(malformed),
        "unknown scalar": b"\n".join([line[:-1] + SCALAR for line in clean]),
        "unknown nested": b"\n".join([line[:-1] + NESTED for line in clean]),
        "run together": b"".join(clean),
        "two unknown": b"\n".join([line[:-2] + b'"' + SCALAR[:-1] + NESTED for line in clean]),
        "1 % another type": b"\n".join(other_type),
        "an array": b"[" + b",".join(clean) + b"]",
        "an envelope": b'{"Records":[' + b",\n".join(clean) + b"]}",
        "over many lines": b"\n".join(pretty),
    }


def nested_forms(clean: list[bytes], table: Table) -> dict[str, tuple[Table, bytes]]:
    """The same clicks with user and device in objects of their own, by lines or many in a payload; each with its table.

    As in CloudTrail's logs, a payload is an envelope of large records of which most is unread; as in CloudWatch's, it
    says where its few records are from.
    """
    paths = {"user_id": "user.id", "device_id": "user.device.id"}
    by_paths = replace(
        table,
        columns=tuple(
            replace(column, paths=(parse_path(paths[column.name]),)) if column.name in paths else column
            for column in table.columns
        ),
    )
    unread = {"agent": "Mozilla/5.0 (X11; Linux x86_64)", "session": {"mfa": False, "since": "2026-11-20T21:00:00Z"}}
    some, all_unread = ([nested(line, beside) for line in clean] for beside in ({}, unread))
    logs = b'{"messageType":"DATA_MESSAGE","owner":"123456789012","logStream":"i-0abc","logEvents":['
    return {
        "nested paths": (by_paths, b"\n".join(some)),
        "and unread members": (by_paths, b"\n".join(all_unread)),
        "payloads of 200": (of_payloads(by_paths, "Records"), b"\n".join(payloads(b'{"Records":[', all_unread, 200))),
        "payloads of 20": (of_payloads(table, "logEvents"), b"".join(payloads(logs, clean, 20))),
    }


def nested(line: bytes, beside: Mapping[str, object]) -> bytes:
    """A click whose device is within its user, each with other members beside."""
    click = json.loads(line)
    device = {"id": click.pop("device_id"), **beside}
    user = {"id": click.pop("user_id"), "device": device, **beside}
    return json.dumps(click | {"user": user}, separators=(",", ":")).encode()


def of_payloads(table: Table, records: str) -> Table:
    """The table, with records that are elements of a payload's array."""
    path = SourcePath((records,), of_payload=True)
    return replace(table, source=Source("raw/clicks", "json", record_path=path))


def payloads(head: bytes, records: list[bytes], size: int) -> list[bytes]:
    """Objects that begin with `head`, each with so many of the records."""
    return [head + b",".join(records[at : at + size]) + b"]}" for at in range(0, len(records), size)]


def measured(
    schema: pa.Schema, clean: list[bytes], made: dict[str, tuple[Table, bytes]], rounds: int
) -> dict[str, list[float]]:
    """CPU seconds of each round, by form; `bare` is the bare reader on clean lines."""
    text = b"\n".join(clean)

    def bare() -> int:
        reading = pj.ReadOptions(use_threads=False, block_size=CHUNK_BYTES)
        parsing = pj.ParseOptions(explicit_schema=schema, unexpected_field_behavior="error")
        return int(pj.read_json(pa.BufferReader(text), reading, parsing).num_rows)

    def ours(table: Table, data: bytes) -> Callable[[], int]:
        chunks = [Chunk(data[at : at + CHUNK_BYTES]) for at in range(0, len(data), CHUNK_BYTES)]
        return lambda: sum(block.records for block in json_blocks(iter(chunks), table))

    ways = {"bare": bare} | {name: ours(*read) for name, read in made.items()}
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(rounds + 1):
        for name, way in ways.items():
            gc.collect()
            began = time.process_time()
            records = way()
            spent = time.process_time() - began
            # A record cut in half may take a malformed one behind it with it.
            if abs(records - len(clean)) > len(clean) // 1000:
                raise RuntimeError(f"reading {name}: expected {len(clean)} records, got {records}")
            if number:
                seconds[name].append(spent)
    return seconds


def report(seconds: dict[str, list[float]], records: int) -> list[str]:
    """Print each form's speed; the names of those that miss their aim."""
    missed = []
    bare = seconds.pop("bare")
    print(f"{'':18}{'thousand/s':>11}{'ratio':>8}{'aim':>7}")
    print(f"{'bare pyarrow.json':18}{records / median(bare) / 1000:>11,.0f}")
    for name, spent in seconds.items():
        ratio = median(base / each for base, each in zip(bare, spent, strict=True))
        aim = AIMS.get(name)
        state = "" if aim is None else f"{aim:>7.2f} {'met' if ratio >= aim else 'MISSED'}"
        print(f"{name:18}{records / median(spent) / 1000:>11,.0f}{ratio:>8.2f}{state}")
        if aim is not None and ratio < aim:
            missed.append(name)
    return missed


if __name__ == "__main__":
    main()
