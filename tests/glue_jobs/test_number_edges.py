"""Values at the edge of every type through the whole job: exact where they fit, quarantined whole where they do not."""

from __future__ import annotations

import math
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from lake.contract.arrow import arrow_schema
from tests.glue_jobs.harness import Trial

TYPES = {
    "tiny": "tinyint",
    "small": "smallint",
    "whole": "int",
    "big": "bigint",
    "single": "float",
    "wide": "double",
    "money": "decimal(5,2)",
    "long": "decimal(38,10)",
    "day": "date",
    "at": "timestamp",
    "yes": "boolean",
    "text": "string",
    "bytes": "binary",
    "list": "array<int>",
    "pair": "struct<a:tinyint,b:string>",
    "named": "map<string,bigint>",
}

CONTRACT = """apiVersion: v3.1.0
kind: DataContract
id: edge.numbers_v1
version: 1.0.0
status: active
schema:
  - name: numbers_v1
    physicalType: table
    description: A column of every type.
    customProperties:
      - property: sourceFormat
        value: json
    properties:
{columns}
      - name: dt
        physicalType: string
        description: Hour of arrival.
        required: true
        partitioned: true
        partitionKeyPosition: 1
"""

FITS: list[tuple[str, str, Any]] = [
    ("tiny", "-128", -128),
    ("tiny", "127", 127),
    ("small", "-32768", -(2**15)),
    ("small", "32767", 2**15 - 1),
    ("whole", "-2147483648", -(2**31)),
    ("whole", "2147483647", 2**31 - 1),
    ("big", "-9223372036854775808", -(2**63)),
    ("big", "9223372036854775807", 2**63 - 1),
    ("big", "9007199254740993", 2**53 + 1),
    ("single", "3.4028234663852886e38", 3.4028234663852886e38),
    ("single", "16777217", 16777216.0),
    ("single", "1e-60", 0.0),
    ("wide", "1.7976931348623157e308", 1.7976931348623157e308),
    ("wide", "5e-324", 5e-324),
    ("wide", "1e-400", 0.0),
    ("wide", "9007199254740993", 9007199254740992.0),
    ("wide", "7", 7.0),
    ("money", "999.99", Decimal("999.99")),
    ("money", "-999.99", Decimal("-999.99")),
    ("money", "1.100", Decimal("1.10")),
    ("money", "1e2", Decimal("100.00")),
    ("long", "9999999999999999999999999999.9999999999", Decimal("9999999999999999999999999999.9999999999")),
    ("long", "0.1", Decimal("0.1000000000")),
    ("named", '{"a":9223372036854775807,"b":null}', [("a", 2**63 - 1), ("b", None)]),
    ("pair", '{"a":-128}', {"a": -128, "b": None}),
    ("list", "[]", []),
    ("list", "[2147483647,null]", [2**31 - 1, None]),
    ("bytes", '"AP8="', b"\x00\xff"),
    ("text", '""', ""),
    ("yes", "false", False),
    ("big", "null", None),
]

REJECTED: list[tuple[str, str, str]] = [
    ("tiny", "128", "out_of_range"),
    ("tiny", "-129", "out_of_range"),
    ("small", "32768", "out_of_range"),
    ("small", "-32769", "out_of_range"),
    ("whole", "2147483648", "out_of_range"),
    ("whole", "-2147483649", "out_of_range"),
    ("big", "9223372036854775808", "out_of_range"),
    ("big", "-9223372036854775809", "out_of_range"),
    ("big", "1" + "0" * 5000, "out_of_range"),
    ("whole", "2.7", "wrong_type"),
    ("whole", "2.0", "wrong_type"),
    ("whole", "1e2", "wrong_type"),
    ("whole", '"7"', "wrong_type"),
    ("whole", "true", "wrong_type"),
    ("single", "3.5e38", "out_of_range"),
    ("single", "-3.5e38", "out_of_range"),
    ("wide", "1e400", "out_of_range"),
    ("wide", "-1e400", "out_of_range"),
    ("wide", '"1.5"', "wrong_type"),
    ("wide", "NaN", "invalid_json"),
    ("wide", "Infinity", "invalid_json"),
    ("wide", "-Infinity", "invalid_json"),
    ("wide", "01", "invalid_json"),
    ("wide", "+1", "invalid_json"),
    ("wide", ".5", "invalid_json"),
    ("wide", "1.", "invalid_json"),
    ("wide", "0x10", "invalid_json"),
    ("money", "1000", "out_of_range"),
    ("money", "0.001", "out_of_range"),
    ("money", '"1.10"', "wrong_type"),
    ("long", "10000000000000000000000000000", "out_of_range"),
    ("day", '"2026-02-29"', "wrong_type"),
    ("at", '"2026-11-21T25:00:00Z"', "wrong_type"),
    ("at", "1.5", "wrong_type"),
    ("at", "9223372036854775807", "out_of_range"),
    ("yes", "1", "wrong_type"),
    ("yes", '"true"', "wrong_type"),
    ("text", "5", "wrong_type"),
    ("text", "true", "wrong_type"),
    ("bytes", '"=="', "wrong_type"),
    ("list", "[2147483648]", "out_of_range"),
    ("list", "[1.5]", "wrong_type"),
    ("list", "{}", "wrong_type"),
    ("pair", '{"a":128}', "out_of_range"),
    ("pair", "[]", "wrong_type"),
    ("named", '{"a":9223372036854775808}', "out_of_range"),
]


@pytest.fixture
def trial(tmp_path: Path) -> Trial:
    column = "      - name: {}\n        physicalType: {}\n        description: A value.\n"
    columns = "".join(column.format(name, kind) for name, kind in TYPES.items()).rstrip("\n")
    contract = tmp_path / "contracts" / "edge" / "numbers_v1.odcs.yaml"
    contract.parent.mkdir(parents=True)
    contract.write_text(CONTRACT.format(columns=columns))
    return Trial(str(tmp_path / "lake"), "edge.numbers_v1", contracts=str(tmp_path / "contracts"))


def record(name: str, literal: str) -> bytes:
    return f'{{"{name}":{literal}}}'.encode()


def expected_rows(trial: Trial) -> pa.Table:
    empty = dict.fromkeys([*TYPES, "rescued"])
    return pa.Table.from_pylist([{**empty, name: value} for name, _, value in FITS], schema=arrow_schema(trial.table))


def rejected(trial: Trial) -> list[tuple[str, bytes]]:
    return [(one["reason"], one["payload"]) for one in trial.quarantine().to_pylist()]


def test_what_fits_is_read_exactly_among_records_that_fit(trial: Trial) -> None:
    trial.land(9, "numbers", b"\n".join(record(name, literal) for name, literal, _ in FITS))
    trial.run()
    assert rejected(trial) == []
    assert trial.rows().equals(expected_rows(trial))


def test_what_does_not_fit_is_quarantined_alone_wherever_it_stands(trial: Trial) -> None:
    good = [record(name, literal) for name, literal, _ in FITS]
    bad = [record(name, literal) for name, literal, _ in REJECTED]
    mixed = [line for number, one in enumerate(bad) for line in (*good[number : number + 1], one)]
    assert len(bad) > len(good)
    trial.land(9, "numbers", b"\n".join(mixed))
    trial.run()
    assert rejected(trial) == [(reason, record(name, literal)) for name, literal, reason in REJECTED]
    assert trial.rows().equals(expected_rows(trial))


def test_what_fits_is_read_exactly_as_the_only_record_of_an_object(trial: Trial) -> None:
    for number, (name, literal, _) in enumerate(FITS):
        trial.land(9, f"{number:02d}", record(name, literal))
    trial.run()
    assert rejected(trial) == []
    assert trial.rows().equals(expected_rows(trial))


def test_a_negative_zero_keeps_its_sign_where_the_type_has_one(trial: Trial) -> None:
    trial.land(9, "zero", record("wide", "-0.0"))
    trial.run()
    assert math.copysign(1, trial.rows()["wide"].to_pylist()[0]) == -1
