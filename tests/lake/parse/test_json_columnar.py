"""Reading many records at once gives what reading them one by one gives: rows, rejects, and all their bytes."""

from __future__ import annotations

import hashlib
import json

import pyarrow as pa
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from lake.parse.block import ReadOptions, Rejected
from lake.parse.gzip_stream import Chunk
from lake.parse.json_blocks import json_blocks
from tests.lake.parse.streams import ONE_BY_ONE, column, read, rows_of, table_of

EVENTS = table_of(
    column("event_id", "string", required=True, derived_from="record_bytes"),
    column("user", "bigint", required=True),
    column("small", "smallint"),
    column("at", "timestamp"),
    column("ratio", "double"),
    column("single", "float"),
    column("flag", "boolean"),
    column("day", "date"),
    column("count", "int", accepts_text=True),
    column("status", "string", allowed_values=("OK", "FAIL")),
    column("price", "decimal(6,2)"),
    column("raw", "binary"),
    column("parts", "array<struct<p:int,q:string,r:double>>"),
)

# What a column reader was seen to take, or to bend, and what the format itself leaves open.
ODD_VALUES = """
NaN Infinity -Infinity -Inf -0 -0.0 1e2 1E+2 2.0 2.7 01 1. +1 .5 - 1e400 -1e400 1e-400 9223372036854775807
9223372036854775808 -9223372036854775808 -9223372036854775809 32767 32768 -32769 2147483648 3.4e38 3.5e38
16777217 0.1 1.10 0.30000001192092896 12345.67 9999.99 99999.99 1.555 123456789012345678901234567890 true false
null nul True "7" "07" "-5" "7.0" "1.5" "abc" "" "true" "\\ud800" "\\ud83d\\ude00" "\\u0000" "\\u00e9\\/" "é😀"
"OK" "NO" "}{" "},{" "\\"user\\":1" "2026-01-01" "2026-02-30" "2026-01-01T10:00:00+02:00" "2026-01-01T10:00"
"2026-12-31T23:59:60Z" "2026-01-01T24:00:00Z" "2026-01-01T10:00:00.1234567Z" 1763303441388 1763303441388.0
253402300800000 "1763303441388" "AP8=" "AP8" [] {} [1] [null] [[]] {"p":1} [{"p":1},{"q":"x"}] [{"p":1,"z":2}]
[{"p":1,"p":2}] [{"p":2.5}] [null,{"p":3000000000}] [{"r":NaN}] [{"r":1e400}] [{"p":"1"}] [{}]
""".split()  # noqa: SIM905 - one list of tokens, as JSON has them
GOOD_VALUES = {
    "event_id": ['"e1"', '"e2"', "null"],
    "user": ["5", "9007199254740993"],
    "small": ["7", "-3", "null"],
    "at": ['"2026-01-01T10:00:00.123Z"', '"2026-01-01T10:00:00.124Z"', '"2026-01-01 10:00:00"'],
    "ratio": ["1.5", "2", "1e-3"],
    "single": ["0.1", "3"],
    "flag": ["true", "false"],
    "day": ['"2026-01-05"'],
    "count": ["5", "null"],
    "status": ['"OK"', '"FAIL"'],
    "price": ["1.5", "12", "0.25"],
    "raw": ['"AP8="'],
    "parts": ['[{"p":1,"q":"a"}]', "[]"],
}
# Streams are too long to be shrunk in reasonable time; a failure names its seed.
AS_GENERATED = (Phase.explicit, Phase.reuse, Phase.generate)
SEPARATORS = [
    "\n",
    "\n",
    "\n",
    "\r\n",
    "\n\n",
    "",
    " ",
    ",",
    ",\n",
    "\nnull\n",
    "#",
    "\x00",
    "\ufeff",
    "\n]\n[",
    "\n{",
    "}",
    "[",
]


def read_both(data: bytes) -> tuple[pa.Table, list[Rejected]]:
    at_once = read(data, EVENTS)
    one_by_one = read(data, EVENTS, options=ONE_BY_ONE)
    assert at_once[1] == one_by_one[1]
    assert at_once[0].equals(one_by_one[0])
    return at_once


@pytest.mark.parametrize("value", ODD_VALUES)
def test_an_odd_value_in_any_column_is_decided_as_it_is_alone(value: str) -> None:
    good = [{name: json.loads(values[0]) for name, values in GOOD_VALUES.items()}] * 3
    lines = [json.dumps(record).encode() for record in good]
    for name in [*GOOD_VALUES, "unknown"]:
        others = [f'"{other}":{values[0]}' for other, values in GOOD_VALUES.items() if other != name]
        odd = "{" + ",".join([*others, f'"{name}":{value}']) + "}"
        data = b"\n".join([*lines, odd.encode(), *lines])
        rows, rejected = read_both(data)
        assert rows.num_rows + len(rejected) >= 7
        assert {reject.record for reject in rejected} <= {3, 4, 5, 6}


@st.composite
def streams(draw: st.DrawFn) -> bytes:
    oddness = draw(st.sampled_from([0, 0, 1, 4]))
    extra = draw(
        st.sampled_from([[], ["1", "2.50", "null"], ['"s"', '"\\n"'], ['{"u":[1,{"x":"extra"}]}', "[]"], ["true"]])
    )
    fields = st.sampled_from(list(GOOD_VALUES))

    def record() -> str:
        left_out = draw(st.sets(fields, max_size=2))
        members = {name: draw(st.sampled_from(values)) for name, values in GOOD_VALUES.items() if name not in left_out}
        if oddness and draw(st.integers(0, 9)) < oddness:
            members[draw(fields | st.sampled_from(["other", "Records", "é", 'x\\"']))] = draw(
                st.sampled_from(ODD_VALUES)
            )
        if extra and draw(st.integers(0, 4)):
            members["extra"] = draw(st.sampled_from(extra))
        space = draw(st.sampled_from(["", "", " "]))
        text = "{" + f",{space}".join(f'"{name}":{space}{value}' for name, value in members.items()) + "}"
        if oddness and not draw(st.integers(0, 15)):
            place = draw(st.integers(0, len(text)))
            text = (
                text[:place]
                + draw(st.sampled_from(["", "}", "{", "[", '"', "\\", "\n", ",", '"user":1,']))
                + text[place + 1 :]
            )
        return text

    pool = [record() for _ in range(draw(st.integers(1, 4)))]
    chosen = [draw(st.sampled_from(pool)) for _ in range(draw(st.integers(1, 12)))] * draw(st.sampled_from([1, 1, 30]))
    form = draw(st.sampled_from(["lines", "together", "array", "array over lines", "envelope", "mixed"]))
    if form == "mixed":
        return "".join(part for text in chosen for part in (text, draw(st.sampled_from(SEPARATORS)))).encode()
    separator = {"lines": "\n", "together": "", "array": ",", "array over lines": ",\n ", "envelope": ", "}[form]
    before, after = {"array": ("[", "]"), "array over lines": ("[\n", "\n]"), "envelope": ('{"Records":[', "]}")}.get(
        form, ("", "")
    )
    data = (before + separator.join(chosen) + after).encode()
    return data.replace(b"e1", b"\xff", 1) if oddness and not draw(st.integers(0, 5)) else data


@settings(max_examples=80, deadline=None, phases=AS_GENERATED)
@given(streams())
def test_any_stream_is_read_at_once_as_it_is_one_by_one(data: bytes) -> None:
    read_both(data)


@settings(max_examples=60, deadline=None, phases=AS_GENERATED)
@given(streams(), st.sampled_from([1, 3, 50, 700]), st.sampled_from([40, 400, 4000]))
def test_how_a_stream_is_cut_into_chunks_and_blocks_changes_nothing(data: bytes, chunk: int, block: int) -> None:
    # Hundreds of blocks or thousands of chunks take long, and show nothing that some dozens do not.
    chunk, block = max(chunk, len(data) // 500), max(block, len(data) // 50)
    whole = read(data, EVENTS)
    rows, rejected = read(data, EVENTS, chunk, ReadOptions(block_bytes=block))
    assert rejected == whole[1]
    assert rows.equals(whole[0])


def beside(data: bytes, sources: list[bytes], rejected: list[Rejected]) -> bytes:
    """What is left of a stream without its payloads, which lie where they say, and its rows' sources, in order."""
    left, at, following = [], 0, 0
    for payload in [*sorted(rejected, key=lambda reject: reject.offset), None]:
        end = len(data) if payload is None else payload.offset
        assert at <= end, "payloads overlap"
        while following < len(sources) and (place := data.find(sources[following], at, end)) >= 0:
            left.append(data[at:place])
            at = place + len(sources[following])
            following += 1
        left.append(data[at:end])
        if payload is not None:
            at = end + len(payload.payload)
            assert data[end:at] == payload.payload
    assert following == len(sources), "a row's source lies out of order"
    return b"".join(left)


@settings(max_examples=80, deadline=None, phases=AS_GENERATED)
@given(streams())
def test_every_byte_is_a_record_a_payload_or_syntax(data: bytes) -> None:
    blocks = list(json_blocks(iter([Chunk(data)] if data else []), EVENTS, ReadOptions(keeps_sources=True)))
    sources = [source for block in blocks for source in block.sources]
    rejected = [reject for block in blocks for reject in block.rejected]
    assert sorted(item.record for item in (*sources, *rejected)) == list(range(len(sources) + len(rejected)))
    assert all(data[source.offset :].startswith(source.payload) for source in sources)
    assert sum(block.rows.num_rows for block in blocks) == len(sources)
    rest = beside(data, [source.payload for source in sources], rejected)
    for syntax in (b"\xef\xbb\xbf", b'{"Records":'):
        rest = rest.replace(syntax, b"")
    assert rest.strip(b" \t\r\n,[]}") == b""


def test_an_id_is_derived_from_the_record_as_it_stands() -> None:
    # sha256sum of the bytes {"user": 1} and {"user":2,"event_id":null}
    derived = [
        "7bf72b6e728500455ddde279cb06e92712088468cc5f144610fc6348d364950e",
        "6f5fd10ec231fab7b8fdc15df13915314947f62ec7c98626ee2d7f1be875f4c9",
    ]
    for separator in (b"\n", b"", b"\r\n \n"):
        rows = rows_of(
            separator.join([b'{"user": 1}', b'{"user":2,"event_id":null}', b'{"user":3,"event_id":"e"}']), EVENTS
        )
        assert [row["event_id"] for row in rows] == [*derived, "e"]


def test_a_bare_null_is_no_row_of_nulls() -> None:
    table = table_of(column("id", "bigint"))
    for data in (b"null\n", b"null\nnull\n", b'null\n{"id":1}\n', b'{"id":1}\n{"id":2} {"id":3}\nnull\n'):
        rows, rejected = read(data, table)
        assert rows["id"].null_count == 0
        assert len(rejected) == data.count(b"null")


def test_lines_that_are_as_many_as_the_records_but_not_the_records_are_told_apart() -> None:
    table = table_of(column("id", "string", derived_from="record_bytes"), column("s", "struct<x:int>"))
    records = [b'{"s":\n{"x":1}}', b'{"s":null}', b'{"s":{}}']
    rows, rejected = read(b"\n".join([records[0], records[1] + b" " + records[2]]), table)
    assert rejected == []
    assert rows["id"].to_pylist() == [hashlib.sha256(record).hexdigest() for record in records]
