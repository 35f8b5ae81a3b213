"""Contracts from a folder: one file a table, contracts/<database>/<table_vN>.odcs.yaml."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from lake.contract.document import contract_bytes, read_document
from lake.contract.model import Table
from lake.contract.rules import Place, read_table
from lake.errors import ContractError, TableNotFound, did_you_mean
from lake.project_folders import ProjectFolder

SUFFIX = ".odcs.yaml"
_FOLDER = ProjectFolder("contracts", f"*/*{SUFFIX}", "LAKE_CONTRACTS", "--contracts")
_DATABASE = re.compile(r"[a-z][a-z0-9_]*$")
_TABLE = re.compile(r"[a-z][a-z0-9_]*_v[1-9][0-9]*$")


def contracts_folder(override: str | None = None) -> Path:
    """The folder of contracts: the argument, LAKE_CONTRACTS, ./contracts, or the one beside the lake package.

    Raises UsageError where it is not found.
    """
    return _FOLDER.path(override)


def load_contract(path: Path) -> Table:
    """The table of one contract file. Raises ContractError with file, line, and what was expected."""
    return _table_of(path, contract_bytes(path), path.absolute())


@lru_cache(maxsize=1000)
def _table_of(path: Path, content: bytes, _absolute: Path) -> Table:
    """Remembered by place and content: reading takes some 10 ms of CPU, and a command reads a contract many times."""
    document, standard = read_document(path, content)
    return read_table(document, standard, _place(path))


def load_tables(folder: Path) -> dict[str, Table]:
    """All tables of a folder of contracts, by full name, sorted.

    Raises ContractError naming what is wrong in every file, so that one run shows it all.
    """
    tables: dict[str, Table] = {}
    problems: list[str] = []
    for path in sorted(p for ending in ("*.yaml", "*.yml") for p in folder.rglob(ending)):
        try:
            _refuse_misplaced(path, folder)
            table = load_contract(path)
        except ContractError as error:
            problems.append(str(error))
            continue
        tables[table.full_name] = table
    if problems:
        raise ContractError("\n".join(problems))
    return dict(sorted(tables.items()))


def table_named(name: str, folder: Path) -> Table:
    """The table `database.table_vN`. Only its own contract is read, so an error in another one does not matter.

    Raises TableNotFound, listing what there is, where no contract describes it.
    """
    database, _, table = name.partition(".")
    if _DATABASE.match(database) and _TABLE.match(table):
        path = folder / database / f"{table}{SUFFIX}"
        if path.is_file():
            return load_contract(path)
    known = [f"{path.parent.name}.{path.name.removesuffix(SUFFIX)}" for path in sorted(folder.glob(f"*/*{SUFFIX}"))]
    raise TableNotFound(
        f"looking for the table {name!r} in {folder}: contract not found{did_you_mean(name, known)}\n"
        f"tables with a contract: {', '.join(known) or 'none'}"
    )


def _place(path: Path) -> Place:
    database, table = path.absolute().parent.name, path.name.removesuffix(SUFFIX)
    if not (path.name.endswith(SUFFIX) and _DATABASE.match(database) and _TABLE.match(table)):
        raise ContractError(
            f"reading the contract {path}: expected it at <database>/<table_vN>{SUFFIX}, in lower case, "
            f"e.g. clickstream/events_v1{SUFFIX}"
        )
    return Place(database, table)


def _refuse_misplaced(path: Path, folder: Path) -> None:
    """A file deeper in, or with another ending, would silently be no contract, or be a table's second one."""
    _place(path)
    if path.parent.parent != folder:
        raise ContractError(f"reading the contract {path}: expected it at {folder / path.parent.name / path.name}")
