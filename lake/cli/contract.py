"""`lake contract check`, `show`, `schema` and `suggest-buckets`: check contracts, print them, propose buckets."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from lake.cli.options import DEFAULT_ROOT, ContractsOption, JsonOption, RootOption, note, print_json, print_table
from lake.cli.sizes import human_bytes

if TYPE_CHECKING:
    from lake.ops.suggest_buckets import Suggestion

_COLUMNS = ("column", "type", "field", "rules", "description")


def check(
    contracts: ContractsOption = None,
    json_output: JsonOption = False,
    root: RootOption = DEFAULT_ROOT,  # noqa: ARG001 # every command takes it; this one has no use for it
) -> None:
    """Check every contract; print file, line and what was expected for each error.

    \b
    Examples:
      lake contract check
      lake contract check --contracts ../other/contracts
    """
    from lake.contract.bucketing import check_upstream
    from lake.contract.load import contracts_folder, load_tables

    folder = contracts_folder(contracts)
    tables = load_tables(folder)
    for made in (table for table in tables.values() if table.upstream is not None):
        check_upstream(made, tables.get(made.upstream or ""))
    if json_output:
        print_json(
            [{"table": name, "version": table.version, "columns": len(table.columns)} for name, table in tables.items()]
        )
    else:
        rows = [
            (name, table.version, str(len(table.columns)), "" if table.source is None else table.source.prefix)
            for name, table in sorted(tables.items())
        ]
        print_table(("table", "version", "columns", "raw objects"), rows, right=("columns",))
    note(f"{len(tables)} contracts in {folder}: no errors")


def show(
    table: Annotated[str, typer.Argument(metavar="TABLE", help="Table, e.g. clickstream.events_v1.")],
    ddl: Annotated[bool, typer.Option("--ddl", help="Print the CREATE TABLE statement for Athena.")] = False,
    json_output: JsonOption = False,
    contracts: ContractsOption = None,
    root: RootOption = DEFAULT_ROOT,  # noqa: ARG001 # every command takes it; this one has no use for it
) -> None:
    """Show a table's contract: columns, types, rules; or its CREATE TABLE statement for Athena.

    \b
    Examples:
      lake contract show clickstream.events_v1
      lake contract show clickstream.events_v1 --ddl
    """
    from lake.contract.athena_ddl import ddl as athena_ddl
    from lake.contract.load import contracts_folder, table_named

    found = table_named(table, contracts_folder(contracts))
    if ddl:
        typer.echo(athena_ddl(found), nl=False)
        return
    if json_output:
        print_json(asdict(found))
        return
    rows = []
    for column in found.columns:
        rules = [
            "" if column.key_position is None else "key",
            "required" if column.required else "",
            "personal" if column.classification else "",
            f"one of {', '.join(column.allowed_values)}" if column.allowed_values else "",
            "derived from the record's bytes where absent" if column.derived_from else "",
            "reads text" if column.accepts_text else "",
            *column.value_rules.properties,
        ]
        rows.append((column.name, column.hive_type, column.field, "; ".join(filter(None, rules)), column.description))
    print_table(_COLUMNS, rows)
    source = "no raw objects"
    if found.source is not None:
        rules = [f"{name} {value!r}" for name, value in found.source.text.rules.items()]
        form = f" ({', '.join(rules)})" if rules else ""
        source = f"{found.source.format} objects{form} below {found.source.prefix}/{found.source.layout}/"
    if found.bucketing is not None:
        source = f"{found.upstream}, {found.bucketing.count} buckets by {', '.join(found.bucketing.columns)}"
    note(f"{found.full_name} version {found.version}, from {source}; {found.contract_uri}")


def schema(
    root: RootOption = DEFAULT_ROOT,  # noqa: ARG001 # every command takes it; this one has no use for it
) -> None:
    """Print the JSON Schema of contract files, by which an editor completes and underlines them.

    \b
    Examples:
      lake contract schema > contract.schema.json
    """
    from lake.contract.editor_schema import contract_schema

    print_json(contract_schema())


def suggest_buckets(
    table: Annotated[str, typer.Argument(metavar="TABLE", help="Bucketed table, or a table to bucket.")],
    column: Annotated[
        list[str] | None,
        typer.Option("--column", metavar="NAME", help="Bucket column; repeatable, in order. Default: the contract's."),
    ] = None,
    json_output: JsonOption = False,
    root: RootOption = DEFAULT_ROOT,
    contracts: ContractsOption = None,
) -> None:
    """Propose a number of buckets for a table, measured on what is published, with the reasons.

    A bucketed table is measured by the table that it is made from, so nothing of it needs to be published yet.

    \b
    Examples:
      lake contract suggest-buckets sensors.readings_by_sensor_v1
      lake contract suggest-buckets clickstream.events_v1 --column device_id
    """
    from lake.jobs.lake import Lake
    from lake.ops.suggest_buckets import suggest

    found = suggest(Lake.open(root, contracts), table, column or ())
    if json_output:
        print_json(asdict(found))
        return
    typer.echo(f"bucketColumns: [{', '.join(found.bucket_columns)}]")
    typer.echo(f"bucketCount: {found.bucket_count}")
    typer.echo(f"rowGroupRows: {found.row_group_rows}")
    typer.echo()
    for reason in _reasons(found):
        typer.echo(f"- {reason}")


def _reasons(found: Suggestion) -> list[str]:
    """What was measured, what follows, and what to know before the count is written down; a sentence or two each."""
    from lake.ops.suggest_buckets import BUCKET_BYTES

    hours, keys, key = found.hours, found.keys, ", ".join(found.bucket_columns)
    count = found.bucket_count
    why = {
        "bytes": f"the smallest power of two that leaves a bucket {human_bytes(BUCKET_BYTES)} or less",
        "keys": "the largest power of two that is no more than the keys",
        "files": "the most: more files an hour take longer to be listed, and row groups do the rest",
    }[found.limited_by]
    reasons = [
        f"Measured: {_counted(hours.count, 'published hour')} of {found.measured}. The usual (median) one has "
        f"{_counted(hours.median_rows, 'row')} in {human_bytes(hours.median_bytes)}, the largest "
        f"{hours.largest_rows:,} in {human_bytes(hours.largest_bytes)}.",
        f"Keys: {keys.distinct:,} of {key} in an hour, at most, of the newest {keys.hours}. The most frequent has "
        f"{keys.top_share:.2%} of its hour's rows, NULL {keys.null_share:.2%}. A key has one bucket, so more buckets "
        "than keys would be empty.",
        f"Count: {count}, {why}. A bucket of a usual hour has {human_bytes(found.bucket_bytes)}.",
        f"One key: about {human_bytes(found.lookup_bytes)} are read of an hour, {human_bytes(24 * found.lookup_bytes)} "
        "of a day. Trino reads a file of less than 3 MB whole, and so, presumably, does Athena.",
        f"All keys: a scan opens {_counted(found.files_per_hour, 'file')} for an hour, {found.files_per_day:,} for a "
        "day.",
        "Skew: one key is never spread over buckets. The fullest bucket of the largest hour has "
        f"{human_bytes(found.hottest_bucket_bytes)} or more; the most frequent key's would not shrink with more "
        "buckets.",
        "Later: another count is another table (the next _vN, with a contract of its own), so leave room to grow.",
        _certainty(found),
    ]
    if count == 1:
        reasons.insert(3, "One bucket: the table gains from being sorted, and little else; is it worth a second copy?")
    if found.contract_count not in (None, count):
        as_good = count // 2 <= (found.contract_count or 0) <= 2 * count
        reasons.append(f"The contract says {found.contract_count}{', which is as good' if as_good else ''}.")
    return reasons


def _certainty(found: Suggestion) -> str:
    if found.sure == "good":
        return "How sure: good, by a week of hours or more."
    wait = "a day, better a week, of hours is" if found.sure == "low" else "a week of hours is"
    return f"How sure: {found.sure}, by {_counted(found.hours.count, 'hour')}; ask again when {wait} published."


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
