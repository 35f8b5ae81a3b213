"""Answers of Trino that are kept beside the statements that they belong to, and how another engine's are compared.

A file has one statement a line, as JSON: {"sql": ..., "trino": {"types": [[name, type], ...], "rows": [...]}}, or
{"error": kind}. Types are as Arrow spells them; doubles have 12 digits, binary is 0x..., times are as Python prints
them. Rows have an order only where the statement says one, entries of a map never.

To add a statement, write a line {"sql": ...} into a file of tests/known_answers/sql, and ask a Trino of this machine's
own for the answers that are missing; with --all, for all of them again:

    python -m tests.trino_answers
"""

from __future__ import annotations

import json
import math
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from lake.errors import LakeError
from lake.query.result import Result

FOLDER = Path(__file__).parent / "known_answers" / "sql"

Answer = dict[str, Any]
"""What an engine says to a statement: types and rows, or the kind of error."""


def answer_of(ask: Callable[[], pa.Table]) -> Answer:
    """An engine's answer, or the name of the error that it raises instead."""
    try:
        table = ask()
    except LakeError as error:
        return {"error": type(error).__name__}
    types = [[field.name, _type_name(field.type)] for field in table.schema]
    columns = [_values(column) for column in table.columns]
    return {"types": types, "rows": [[_plain(value) for value in row] for row in zip(*columns, strict=True)]}


def difference(sql: str, expected: Answer, answered: Answer) -> str | None:
    """How an answer differs from Trino's: in rows, types or failing; None where it does not."""
    if "error" in answered or "error" in expected:
        if "error" in answered and "error" in expected:
            return None
        return f"failed: {answered['error']}" if "error" in answered else "answered what Trino refuses"
    if expected["types"] != answered["types"]:
        return f"types: {answered['types']}, Trino's {expected['types']}"
    kinds = [kind for _, kind in expected["types"]]
    ours, theirs = (_comparable(answer["rows"], kinds, sql) for answer in (answered, expected))
    return None if _equal(ours, theirs) else f"rows: {answered['rows'][:5]}, Trino's {expected['rows'][:5]}"


def statements(path: Path) -> Iterator[tuple[str, Answer]]:
    """The statements of a file, with Trino's answers."""
    for line in path.read_text(encoding="utf-8").splitlines():
        each = json.loads(line)
        yield each["sql"], each["trino"]


def _values(column: pa.ChunkedArray) -> list[Any]:
    try:
        return list(column.to_pylist())
    except OverflowError:  # a date that Python has not
        return list(column.cast(pa.string()).to_pylist())


def _type_name(kind: pa.DataType) -> str:
    return str(kind).replace("list<item: ", "list<").replace("list<element: ", "list<")


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return float(f"{value:.12g}") if math.isfinite(value) else str(value)
    if isinstance(value, bytes):
        return f"0x{value.hex()}"
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return str(value)


def _comparable(rows: list[list[Any]], kinds: list[str], sql: str) -> list[list[Any]]:
    known = [[_sorted_maps(value, kind) for value, kind in zip(row, kinds, strict=True)] for row in rows]
    return known if "order by" in sql.lower() else sorted(known, key=_text)


def _sorted_maps(value: Any, kind: str) -> Any:
    return sorted(value, key=_text) if kind.startswith("map<") and value is not None else value


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return one == other or math.isclose(one, other, rel_tol=1e-11)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_equal, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return list(one) == list(other) and all(_equal(one[name], other[name]) for name in one)
    return type(one) is type(other) and bool(one == other)


def main() -> None:
    """Ask for the answers that are missing."""
    from lake_local.trino.engine import TrinoEngine
    from lake_local.trino.server import stop

    with tempfile.TemporaryDirectory() as root:
        engine = TrinoEngine(root, print)
        try:
            for path in sorted(FOLDER.glob("*.ndjson")):
                record(path, engine.run, everything="--all" in sys.argv)
        finally:
            stop(root)


def record(path: Path, ask: Callable[[str], Result], everything: bool = False) -> None:
    """Write Trino's answers to the statements of a file into it, each statement once."""
    lines = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        each = json.loads(line)
        if everything or "trino" not in each:
            each["trino"] = answer_of(lambda sql=each["sql"]: ask(sql).table)  # type: ignore[misc]
        lines[each["sql"]] = json.dumps(each, ensure_ascii=False)
    path.write_text("\n".join([*lines.values(), ""]), encoding="utf-8")


if __name__ == "__main__":
    main()
