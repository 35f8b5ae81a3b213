"""Contracts of the page "What a contract can say": each example of a text's form is read, and reads what it shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from lake.contract.load import load_contract
from lake.contract.model import Table
from lake.parse.csv_blocks import csv_blocks
from lake.parse.line_blocks import line_blocks
from tests.docs.pages import REPOSITORY, fences
from tests.lake.contract.orders import write_contract
from tests.lake.parse.csv_reference import chunks, whole

PAGE = REPOSITORY / "docs" / "contracts.md"
COMBINED = (
    b'1.2.3.4 - - [20/May/2015:12:05:17 +0000] "GET /a\\"b HTTP/1.1" 200 - "-" "curl \\"x\\""\n'
    b'1.2.3.4 - - [20/May/2015:12:05:17 +0000] "GET / HTTP/1.1" 200 7 "-" "cut\n'
)
COLLECTION = b"2016-12-19T16:31:46.725+0100: 1.595: [GC pause (young), 0.009 secs]\n   [Parallel Time: 7.2 ms]\n"

BALANCED = (
    b"https 2026-11-21T09:00:01.186641Z app/web/50dc6c495c0c9188 192.0.2.7:2817 10.0.0.1:80 0.086 0.048 0.037 200 "
    b'200 0 57 "GET https://example.com:443/ HTTP/1.1" "curl/7.46.0" ECDHE TLSv1.2 arn:aws:x "Root=1-5" "example.com"\n'
)
STORED = (
    b"79a59 logs [21/Nov/2026:00:00:38 +0000] 192.0.2.3 - 3E57 REST.GET.OBJECT a/b.json "
    b'"GET /logs/a/b.json HTTP/1.1" 200 - 113 113 7 - "-" "S3Console/0.4" - s9lz SigV4 - AuthHeader host TLSV1.2\n'
    b"79a59 logs [21/Nov/2026:00:00:39 +0000] 192.0.2.3 - 3E58 S3.EXPIRE.OBJECT a/b.json - - - - 113 - -\n"
)
UNIFIED = (
    b"[0.010s][info][gc] Using G1\n"
    b"[31.249s][info][gc] GC(0) Pause Young (G1 Evacuation Pause) 24M->11M(256M) 7.965ms\n"
    b"[31.250s][info ][gc,cpu       ] GC(0) User=0.01s\n"
    b"[31.264s][info][gc           ] GC(1) Pause Full (System.gc()) 32M->14M(256M) 4.326ms\n"
)

EXAMPLES = {
    "delimiter, value: tab": (
        "ts uid orig_h",
        b"#fields\tts\n1591367999.305988\tCMdzit1AMNsmfAIiQc\t192.168.4.76\n",
        [("1591367999.305988", "CMdzit1AMNsmfAIiQc", "192.168.4.76")],
    ),
    "delimiter, value: pipe": ("a b", b"7|a\\|b\n8|\\N\n", [("7", "a|b"), ("8", "\\N")]),
    "referer": (
        "client user requested_at request status bytes referer agent",
        COMBINED,
        [("1.2.3.4", "-", "20/May/2015:12:05:17 +0000", 'GET /a\\"b HTTP/1.1', "200", "-", "-", 'curl \\"x\\"')],
    ),
    "load_balancer": (
        "type responded_at load_balancer client target request_seconds target_seconds response_seconds status "
        "target_status received_bytes sent_bytes request agent",
        BALANCED,
        [
            (
                "https",
                "2026-11-21T09:00:01.186641Z",
                "app/web/50dc6c495c0c9188",
                "192.0.2.7",
                "10.0.0.1:80",
                "0.086",
                "0.048",
                "0.037",
                "200",
                "200",
                "0",
                "57",
                "GET https://example.com:443/ HTTP/1.1",
                "curl/7.46.0",
            )
        ],
    ),
    "(?P<bucket>": (
        "bucket requested_at remote_ip requester request_id operation key request status error_code sent_bytes "
        "object_size total_ms turn_around_ms",
        STORED,
        [
            (
                "logs",
                "21/Nov/2026:00:00:38 +0000",
                "192.0.2.3",
                "-",
                "3E57",
                "REST.GET.OBJECT",
                "a/b.json",
                "GET /logs/a/b.json HTTP/1.1",
                "200",
                "-",
                "113",
                "113",
                "7",
                "-",
            ),
            (
                "logs",
                "21/Nov/2026:00:00:39 +0000",
                "192.0.2.3",
                "-",
                "3E58",
                "S3.EXPIRE.OBJECT",
                "a/b.json",
                None,
                "-",
                "-",
                "-",
                "113",
                "-",
                "-",
            ),
        ],
    ),
    "until_next": (
        "uptime collection kind cause before_mb after_mb heap_mb pause_ms until_next",
        UNIFIED,
        [
            (
                "31.249",
                "0",
                "Young",
                "G1 Evacuation Pause",
                "24",
                "11",
                "256",
                "7.965",
                "\n[31.250s][info ][gc,cpu       ] GC(0) User=0.01s",
            ),
            ("31.264", "1", "Full", "System.gc()", "32", "14", "256", "4.326", None),
        ],
    ),
    "happened_at": (
        "happened_at uptime kind detail",
        COLLECTION,
        [("2016-12-19T16:31:46.725+0100", "1.595", "GC pause", "(young), 0.009 secs]\n   [Parallel Time: 7.2 ms]")],
    ),
}


def table_of(folder: Path, properties: str, names: str) -> Table:
    """A table of text columns with the customProperties of an example."""
    columns = "".join(f"      - {{name: {n}, physicalType: string, description: A column.}}\n" for n in names.split())
    return load_contract(
        write_contract(
            folder,
            "apiVersion: v3.1.0\nkind: DataContract\nid: shop.orders_v1\nversion: 1.0.0\nstatus: active\n"
            f"schema:\n  - name: orders_v1\n    description: Rows.\n{properties}    properties:\n{columns}"
            "      - {name: dt, physicalType: string, description: At., partitioned: true, partitionKeyPosition: 1}\n",
        )
    )


@pytest.mark.parametrize("known", EXAMPLES)
def test_an_example_of_a_texts_form_reads_what_it_is_for(known: str, tmp_path: Path) -> None:
    names, data, expected = EXAMPLES[known]
    examples = [each.text for each in fences(PAGE) if "property: sourceFormat" in each.text]
    (example,) = [text for text in examples if known in text or f"(?P<{known}>" in text]
    table = table_of(tmp_path, example, names)
    assert table.source is not None
    read = csv_blocks if table.source.format == "csv" else line_blocks
    rows, _ = whole(read(chunks(data), table), table)
    assert [tuple(row.values())[:-1] for row in rows.to_pylist()] == expected


def test_the_message_on_the_page_is_the_one_that_a_line_gets(tmp_path: Path) -> None:
    (example,) = [f.text for f in fences(PAGE) if "(?P<referer>" in f.text]
    table = table_of(tmp_path, example, EXAMPLES["referer"][0])
    line = b'1.2.3.4 - - [20/May/2015] "GET /" - 7 '
    _, (cut, reject) = whole(line_blocks(chunks(COMBINED.splitlines()[1] + b"\n" + line), table), table)
    assert f"`{reject.message}`" in PAGE.read_text(encoding="utf-8")
    assert cut.message == "the line does not match linePattern: it ends, at character 72, before the pattern does"
