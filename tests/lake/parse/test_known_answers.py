"""Values as they are written: the known answers that Java's tests read, too."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

from lake.contract.arrow import arrow_type
from lake.parse.block import DEFAULT_OPTIONS, ReadOptions
from lake.parse.csv_blocks import csv_blocks
from lake.parse.gzip_stream import Chunk
from lake.parse.json_blocks import json_blocks
from lake.parse.json_text import value_of
from lake.parse.refused import Refused
from lake.parse.text_values import text_value
from lake.parse.values import json_value
from tests.lake.parse.streams import ONE_BY_ONE, column, read, table_of

Case = dict[str, str]

KNOWN = json.loads((Path(__file__).parents[2] / "known_answers" / "text_values.json").read_text())


def canonical(value: object, kind: pa.DataType) -> str:
    """A value, as a reader gives it, in the canonical text of the known answers."""
    held = pa.array([value], kind)[0].as_py()
    if isinstance(held, bool):
        return str(held).lower()
    if isinstance(held, datetime):
        return held.strftime("%Y-%m-%dT%H:%M:%S.%fZ").rjust(27, "0")
    return f"{held:f}" if isinstance(held, Decimal) else str(held)


def answer(read: Callable[[], object], kind: pa.DataType) -> Case:
    try:
        return {"value": canonical(read(), kind)}
    except Refused as refused:
        return {"reason": refused.reason, "message": refused.message}


def known(case: Case) -> Case:
    return {name: case[name] for name in ("value", "reason", "message") if name in case}


@pytest.mark.parametrize("case", KNOWN["texts"], ids=lambda case: f"{case['type']}-{case['text'][:40]}")
def test_a_text_is_the_known_value(case: Case) -> None:
    kind = arrow_type(case["type"])
    assert answer(lambda: text_value(kind, case.get("epoch_unit"))(case["text"]), kind) == known(case)
    if not pa.types.is_string(kind) and not pa.types.is_date(kind):
        assert answer(lambda: json_value(kind, True, case.get("epoch_unit"))(case["text"]), kind) == known(case)


@pytest.mark.parametrize("case", KNOWN["json_values"], ids=lambda case: f"{case['type']}-{case['json'][:40]}")
def test_a_json_value_is_the_known_value(case: Case) -> None:
    kind = arrow_type(case["type"])
    read = json_value(kind, "accepts_text" in case, case.get("epoch_unit"))
    assert answer(lambda: read(value_of(case["json"])), kind) == known(case)


def test_a_csv_column_of_these_texts_has_these_values() -> None:
    """As many rows as one stretch takes at once, and each text by itself: all readings agree with the known answers."""
    for hive, unit in {(case["type"], case.get("epoch_unit")) for case in KNOWN["texts"]}:
        cases = [
            case for case in KNOWN["texts"] if case["type"] == hive and case.get("epoch_unit") == unit and case["text"]
        ]
        kind = arrow_type(hive)
        csv = table_of(column("v", hive, epoch_unit=unit))
        fields = ['"' + case["text"].replace('"', '""') + '"' for case in cases]
        for rows in (fields, *([field] for field in fields)):
            (block,) = csv_blocks(iter([Chunk("\n".join(["v", *rows, ""]).encode())]), csv)
            tested = cases if rows is fields else [cases[fields.index(rows[0])]]
            values = iter(canonical(value, kind) for value in block.rows["v"].to_pylist())
            rejected = {reject.record: reject for reject in block.rejected}
            for number, case in enumerate(tested):
                if number in rejected:
                    reject = rejected[number]
                    got = {"reason": str(reject.reason), "message": reject.message.removeprefix('field "v": ')}
                else:
                    got = {"value": next(values)}
                assert got == known(case), case


@pytest.mark.parametrize("unit", [None, "seconds", "millis", "micros", "nanos"])
@pytest.mark.parametrize("options", [DEFAULT_OPTIONS, ONE_BY_ONE], ids=["at once", "one by one"])
def test_a_json_column_of_times_has_these_values(unit: str | None, options: ReadOptions) -> None:
    cases = [
        case
        for case in KNOWN["json_values"]
        if case["type"] == "timestamp" and case.get("epoch_unit") == unit and "accepts_text" not in case
    ]
    times = table_of(column("v", "timestamp", epoch_unit=unit))
    for chosen in (cases, [case for case in cases if "value" in case], *([case] for case in cases)):
        lines = [b'{"v":%b}' % case["json"].encode() for case in chosen]
        rows, rejected = read(b"\n".join(lines), times, options=options)
        assert [canonical(value, rows["v"].type) for value in rows["v"].to_pylist()] == [
            case["value"] for case in chosen if "value" in case
        ]
        assert [reject.message for reject in rejected] == [
            f'field "v": {case["message"]}' for case in chosen if "message" in case
        ]


@pytest.mark.parametrize("case", KNOWN["records"], ids=lambda case: case.get("record", "bytes")[:40])
def test_a_record_is_refused_with_the_known_message(case: Case) -> None:
    columns = [
        column(
            given["field"],
            given["type"],
            required=given.get("required", False),
            allowed_values=tuple(given.get("allowed", ())),
        )
        for given in KNOWN["record_columns"]
    ]
    payload = bytes.fromhex(case["record_hex"]) if "record_hex" in case else case["record"].encode()
    (block,) = json_blocks(iter([Chunk(payload)]), table_of(*columns))
    (reject,) = block.rejected
    assert {"reason": reject.reason, "message": reject.message} == known(case)


def test_the_known_answers_hold_each_type_with_values_and_refusals() -> None:
    texts = [(case["type"].partition("(")[0], "value" in case) for case in KNOWN["texts"]]
    scalars = {"tinyint", "smallint", "int", "bigint", "float", "double", "decimal", "boolean", "timestamp", "date"}
    assert set(texts) == {(kind, is_value) for kind in scalars for is_value in (True, False)} | {("string", True)}
    assert math.copysign(1, text_value(pa.float64())("-0")) == -1
