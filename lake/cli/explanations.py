"""`lake query --explain`, for people and for programs."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from lake.cli.options import console_out, note, print_json, print_table
from lake.cli.sizes import human_bytes
from lake.query.price import DOLLARS_PER_TB, LEAST_BYTES

if TYPE_CHECKING:
    from lake.query.explain import Explanation
    from lake.query.result import TableRead


def show_explanation(explanation: Explanation, as_json: bool) -> None:
    """Tables, bytes, price and advice on standard output."""
    if as_json:
        print_json(_document(explanation))
        return
    print_table(
        ["table", "partitions", "first", "last", "buckets", "files", "bytes"],
        [_row(each) for each in explanation.tables],
        right=["partitions", "buckets", "files", "bytes"],
    )
    out = console_out()
    at_most = "" if explanation.is_exact else "at most "
    charged = f"Athena would charge {at_most}${explanation.dollars:.6f}"
    out.print(f"Reads {at_most}{human_bytes(explanation.bytes)}; {charged}.", markup=False)
    for each in explanation.advice:
        out.print(f"\n{each.about}\n  {each.problem}.\n  Instead: {each.instead}", markup=False)
    note(
        f"The price is ${DOLLARS_PER_TB:g} per TB scanned, at least {LEAST_BYTES // 2**20} MB a query "
        "(https://aws.amazon.com/athena/pricing/). Nothing was run."
    )


def _row(read: TableRead) -> list[str]:
    hours = (read.hours[0], read.hours[-1]) if read.hours else ("", "")
    buckets = f"{read.buckets_read:,} of {read.buckets:,}" if read.buckets else ""
    size = ("" if read.is_exact else "<= ") + human_bytes(read.bytes)
    return [read.name, f"{len(read.hours):,} of {read.partitions:,}", *hours, buckets, f"{read.files:,}", size]


def _document(explanation: Explanation) -> dict[str, object]:
    tables = [
        {
            "table": each.name,
            "partitions_read": len(each.hours),
            "partitions": each.partitions,
            "first": each.hours[0] if each.hours else None,
            "last": each.hours[-1] if each.hours else None,
            "buckets_read": each.buckets_read if each.buckets else None,
            "buckets": each.buckets or None,
            "files": each.files,
            "bytes": each.bytes,
            "is_exact": each.is_exact,
        }
        for each in explanation.tables
    ]
    return {
        "tables": tables,
        "bytes": explanation.bytes,
        "is_exact": explanation.is_exact,
        "athena_dollars": explanation.dollars,
        "advice": [asdict(each) for each in explanation.advice],
    }
