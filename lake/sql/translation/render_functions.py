"""Writes the functions of the local engine into docs/query.md; `--check` says whether it is current."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from lake.sql.translation.functions.names import TRINO_FUNCTIONS
from lake.sql.translation.functions.registry import FUNCTIONS, GROUPS
from lake.sql.translation.signatures import Function

COMMAND = "python -m lake.sql.translation.render_functions"
PAGE = Path("docs/query.md")
BEGIN, END = "<!-- functions: made by make render -->", "<!-- end of functions -->"
_SPECIAL = (
    "coalesce nullif try if greatest least grouping row typeof json_value json_query json_exists json_object json_array"
)


def rendered_page(text: str) -> str:
    """The page with the section of functions as the table says. Raises ValueError where it has no place for it."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{PAGE}: expected the lines {BEGIN} and {END}")
    return f"{before}{BEGIN}\n\n{section()}\n{END}{after}"


def section() -> str:
    """Functions by group: names, and what differs or is refused of them; at last those that are refused by name."""
    parts = []
    for title, modules in GROUPS.items():
        functions = [each for module in modules for each in _functions(module)]
        names = sorted({each.name for each in functions})
        parts.append(f"**{title}**: {_listed(names)}.\n")
        notes = list(_notes(functions))
        parts += [*notes, ""] if notes else []
    parts.append(f"**Conditionals and the like**: {_listed(_SPECIAL.split())}.\n")
    refused = sorted(TRINO_FUNCTIONS - set(FUNCTIONS.by_name) - set(_SPECIAL.split()))
    parts.append(f"**Refused by name**; `--engine trino` answers them: {_listed(refused)}.\n")
    return "\n".join(parts)


def _functions(module: ModuleType) -> tuple[Function, ...]:
    return tuple(getattr(module, "FUNCTIONS", ()))


def _notes(functions: list[Function]) -> Iterator[str]:
    by_note: dict[str, list[str]] = {}
    for each in functions:
        if each.note:
            by_note.setdefault(each.note, []).append(each.name)
    for note, names in by_note.items():
        yield f"- {_listed(sorted(set(names)))}: {note}"


def _listed(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def main(arguments: list[str] | None = None) -> int:
    """The command; its exit code is 1 where --check finds that the page is not current."""
    parser = argparse.ArgumentParser(prog=COMMAND, description="Writes the section of functions of docs/query.md.")
    parser.add_argument("--check", action="store_true", help="write nothing; end with 1 where the page is not current")
    chosen = parser.parse_args(arguments)
    text = PAGE.read_text(encoding="utf-8")
    wanted = rendered_page(text)
    if chosen.check:
        if text != wanted:
            print(f"{PAGE} is not current; run {COMMAND}", file=sys.stderr)
        return int(text != wanted)
    PAGE.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
