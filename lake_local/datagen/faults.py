"""What goes wrong on the way: records delivered twice, and lines that are no records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lake_local.datagen.lines import Lines
from lake_local.datagen.text import Ints
from lake_local.datagen.volume import Plan

_REDELIVERED_MS = (500, 10_000)  # how long after the first a second delivery follows


def disturbed(plan: Plan, batches: Iterable[Lines]) -> Iterator[Lines]:
    """The lines with the plan's malformed ones broken, and its duplicates, byte for byte, some seconds later.

    Exactly as many as the plan says: shares are taken of all lines so far, so that no rounding is left at the end.
    """
    seen = broken = doubled = 0
    waiting = Lines(0, np.zeros(0, dtype=np.int64), pa.array([], pa.binary()))
    for number, batch in enumerate(batches):
        rng = plan.rng("noise", number)
        seen += len(batch.lines)
        to_break = seen * plan.malformed_lines // plan.distinct - broken
        both = seen * (plan.malformed_lines + plan.duplicate_lines) // plan.distinct
        to_double = max(0, both - broken - to_break - doubled)
        order = rng.permutation(len(batch.lines))
        lines = _broken(batch.lines, np.sort(order[:to_break]), plan)
        again = np.sort(order[to_break : to_break + to_double])
        broken, doubled = broken + to_break, doubled + to_double
        arrived = np.concatenate(
            [waiting.arrived, batch.arrived, batch.arrived[again] + rng.integers(*_REDELIVERED_MS, len(again))]
        )
        if seen == plan.distinct:  # what would arrive after the end arrives at its last moment
            arrived = np.minimum(arrived, plan.end_ms - 1)
        lines = pa.concat_arrays([waiting.lines, lines, lines.take(pa.array(again))])
        sequence = np.argsort(arrived, kind="stable")
        ready = int(np.searchsorted(arrived[sequence], batch.until))
        yield _picked(batch.until, arrived, lines, sequence[:ready])
        waiting = _picked(batch.until, arrived, lines, sequence[ready:])


def _picked(until: int, arrived: Ints, lines: pa.Array, rows: Ints) -> Lines:
    return Lines(until, arrived[rows], lines.take(pa.array(rows)))


def _broken(lines: pa.Array, rows: Ints, plan: Plan) -> pa.Array:
    """The lines, some replaced by what no reader can take for a record."""
    if not len(rows):
        return lines
    is_csv = plan.table.source is not None and plan.table.source.format == "csv"
    damaged = [
        _damaged(line, int(row), is_csv) for line, row in zip(lines.take(pa.array(rows)).to_pylist(), rows, strict=True)
    ]
    mask = np.zeros(len(lines), dtype=np.bool_)
    mask[rows] = True
    return pc.replace_with_mask(lines, pa.array(mask), pa.array(damaged, pa.binary()))


def _damaged(line: bytes, row: int, is_csv: bool) -> bytes:
    if is_csv:
        return (line[: line.rindex(b",")] + b"\n") if row % 2 else (b"unexpected," + line)
    match row % 4:
        case 0:
            return line[: len(line) // 2] + b"\n"
        case 1:
            return b"connection reset by peer\n"
        case 2:
            return line.replace(b'": ', b'" = ', 1)
        case _:
            return line[:2] + b"\xff" + line[2:]
