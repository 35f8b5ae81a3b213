"""Which modules of ours an application imports, and that it imports nothing that the managed runtime does not have."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from lake.stream.errors import PackageError

OURS = "lake"
_PRESENT = {"pyflink", "py4j"}  # py4j comes with PyFlink


def modules_of(program: Path, packages: Path) -> list[Path]:
    """The files of our package that `program` imports, directly or not, with their packages' __init__.py; sorted.

    `packages` is the folder that holds lake/. What is imported for type checkers only does not count. Raises
    PackageError, with file and line, where something other than the standard library, PyFlink or ours is imported.
    """
    found: set[Path] = set()
    waiting = [program]
    while waiting:
        file = waiting.pop()
        for line, name in _imported(file):
            top = name.split(".")[0]
            if top == OURS:
                new = set(_files(name, packages)) - found
                found |= new
                waiting += new
            elif top not in sys.stdlib_module_names and top not in _PRESENT:
                raise PackageError(
                    f"packing {program}: {file}, line {line}, imports {top}; expected the standard library and PyFlink "
                    "only, as the managed runtime has nothing else"
                )
    return sorted(found)


def _files(name: str, packages: Path) -> Iterator[Path]:
    """Files that importing a dotted name runs; the last part may be what a module holds."""
    path = packages
    for part in name.split("."):
        path /= part
        if (path / "__init__.py").is_file():
            yield path / "__init__.py"
        elif path.with_suffix(".py").is_file():
            yield path.with_suffix(".py")
            return
        else:
            return


def _imported(file: Path) -> Iterator[tuple[int, str]]:
    """Lines and full names of what a file imports when it runs; of `from a import b`, both a.b."""
    waiting: list[ast.AST] = [ast.parse(file.read_text(encoding="utf-8"), str(file))]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                raise PackageError(f"packing {file}, line {node.lineno}: a relative import; expected its full name")
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            waiting += node.orelse
        else:
            waiting += ast.iter_child_nodes(node)
