"""`lake new`: from files to a table that answers a query, in one command."""

from __future__ import annotations

import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Annotated

import typer

from lake.cli.options import DEFAULT_ROOT, ContractsOption, JsonOption, RootOption, note
from lake.contract.model import Table
from lake.errors import UsageError

if TYPE_CHECKING:
    from lake.infer.contract_file import TableName
    from lake.infer.infer import Inferred

_RAW_TO_PARQUET = "raw_to_parquet"
_HOUR_IN_NAME = re.compile(r"(?<!\d)\d{4}-\d{2}-\d{2}-\d{2}(?!\d)")


def new(
    table: Annotated[str, typer.Argument(metavar="TABLE", help="Name of the new table, e.g. shop.orders.")],
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="Files, or folders of files.")],
    record_path: Annotated[
        str | None,
        typer.Option(
            metavar="PATH", help="Where records are within each object, e.g. detail.items.", show_default=False
        ),
    ] = None,
    root: RootOption = DEFAULT_ROOT,
    contracts: ContractsOption = None,
    json_output: JsonOption = False,
) -> None:
    """Make a table of files: infer its contract, land the files, run the job, ask the first query.

    Records arrive in the hour in a file's name (YYYY-MM-DD-HH), otherwise now. What exists is kept:
    a contract is not written again, and files are not landed for a table that has raw objects.
    So the command may be repeated after it was stopped, or after the contract was corrected.

    \b
    Examples:
      lake new shop.orders orders.ndjson
      lake new flights.delays 2008.csv.gz
      lake new ops.gc cloudwatch/ --record-path logEvents
    """
    from lake.contract.load import load_contract
    from lake.infer.contract_file import folder_to_write, table_name, write_contract
    from lake.jobs.lake import Lake
    from lake_local.firehose.records import files_below

    began = monotonic()
    name = table_name(table)
    folder = folder_to_write(contracts)
    path = name.path(folder)
    paths = files_below(files)
    if path.exists():
        note(f"1 contract: {path} exists and is kept; delete it to infer it again")
        _land(load_contract(path), root, paths)
    else:
        inferred = _inferred(name, path, paths, record_path)
        _refuse_landed(inferred.table, root)
        _land(inferred.table, root, paths)
        write_contract(path, inferred.text)  # last, so that where it is, the files were landed whole
    found = load_contract(path)
    _run(found, root, folder)
    _query(Lake.open(root, str(folder)).table(found.full_name), root, json_output)
    _next(found, path, monotonic() - began)


def _inferred(name: TableName, path: Path, paths: list[Path], record_path: str | None) -> Inferred:
    from lake.infer.infer import InferOptions, infer
    from lake.infer.objects import sample_objects

    inferred = infer(sample_objects(map(str, paths)), name.database, name.table, InferOptions(record_path))
    note(f"1 contract: {path}, {len(inferred.table.columns)} columns; {inferred.unsure} remarks begin with 'unsure'")
    for line in inferred.account.lines():
        note(f"  {line}")
    return inferred


def _refuse_landed(table: Table, root: str) -> None:
    """Raw objects without a contract are another table's, or of a landing that was stopped: some would come twice."""
    from lake.objects import open_store

    prefix = "" if table.source is None else table.source.prefix
    if landed := open_store(root).list(prefix):
        raise UsageError(
            f"landing {table.full_name}: {len(landed)} raw objects exist below {prefix} without a contract, of a "
            "landing that was stopped, or of another table; delete them and repeat the command, or keep them and write "
            f"the contract alone: lake contract infer --name {table.full_name} --write FILE"
        )


def _land(table: Table, root: str, paths: list[Path]) -> None:
    """Deliver the files as Firehose would, unless the table has raw objects already."""
    from lake.objects import open_store
    from lake_local.firehose.deliver import Arrivals, check_evaluates, default_prefixes, land_files, stream_name
    from lake_local.firehose.stream import Stream

    store = open_store(root)
    if table.source is None:
        raise UsageError(
            f"landing {table.full_name}: its contract has no sourceFormat; add one, or delete the contract"
        )
    if landed := store.list(table.source.prefix):
        note(f"2 landed: {len(landed)} raw objects exist below {table.source.prefix}; `lake land` adds others")
        return
    rows_prefix, errors_prefix = default_prefixes(table)
    stream = Stream(stream_name(table), rows_prefix, errors_prefix)
    has_hours = all(_HOUR_IN_NAME.search(path.name) for path in paths)
    arrivals = Arrivals(datetime.now(UTC), from_name=has_hours)
    check_evaluates(stream, arrivals.first)
    delivered = land_files(paths, stream, store, arrivals)
    hours = sorted({landed.hour for landed in delivered.objects})
    note(
        f"2 landed: {len(paths)} files, {delivered.records} records or whole files, in {len(delivered.objects)} "
        f"objects below {table.source.prefix}; arrived {', '.join(hours[:3])}{' …' if len(hours) > 3 else ''}"
    )
    if delivered.refused:
        note(f"  {delivered.refused} records exceed Firehose's limit and are below {errors_prefix.partition('!')[0]}")


def _run(table: Table, root: str, folder: Path) -> None:
    from lake.cli.job_files import run_job

    note(f"3 run: {_RAW_TO_PARQUET}")
    words = ["--table", table.full_name, "--root", root, "--contracts", str(folder)]
    if code := run_job(_RAW_TO_PARQUET, words):
        note(f"{table.full_name} is not published. Correct {table.contract_uri}, then repeat the command.")
        raise typer.Exit(code)


def first_query(table: Table) -> str:
    """Rows by hour of arrival, and between which times of events."""
    time = table.event_time
    span = f', min("{time}") AS first_time, max("{time}") AS last_time' if time else ""
    return f"SELECT dt, count(*) AS row_count{span} FROM {table.full_name} GROUP BY dt ORDER BY dt"  # noqa: S608 (checked names)


def _query(table: Table, root: str, json_output: bool) -> None:
    from lake.cli.answers import write_answer
    from lake.query.run import run_query

    sql = first_query(table)
    note(f"4 query: lake query '{sql}'")
    write_answer(run_query(sql, root, None).table, "json" if json_output else "table", sys.stdout)


def _next(table: Table, path: Path, seconds: float) -> None:
    note(f"{table.full_name} was made, or found current, in {seconds:.0f} s. Next:")
    note(f"  read {path}: correct what is unsure, describe columns; then repeat this command")
    note(f"  lake query 'SELECT * FROM {table.full_name} LIMIT 10'")  # noqa: S608 (shown, not run)
    note(f"  lake quarantine show {table.full_name}      # records that are no rows, and why")
    note(f"  lake status {table.full_name}")
