"""`lake verify`: read published data back and check it against the catalog and the contract."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from itertools import groupby
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from lake.cli.options import DEFAULT_ROOT, ContractsOption, JsonOption, RootOption, console_out, note, print_json
from lake.cli.progress_bar import bar
from lake.cli.sizes import human_bytes

if TYPE_CHECKING:
    from lake.ops.verify import Finding, Verification

_STYLES = {"error": "bold red", "information": "yellow"}


def verify(
    table: Annotated[str, typer.Argument(metavar="TABLE", help="Table, e.g. clickstream.events_v1.")],
    partitions: Annotated[
        list[str] | None,
        typer.Argument(metavar="[PARTITION]...", help="Hours, e.g. 2026-11-21-09. Default: all.", show_default=False),
    ] = None,
    since: Annotated[str | None, typer.Option(help="Start hour, YYYY-MM-DD-HH (UTC).", metavar="HOUR")] = None,
    until: Annotated[str | None, typer.Option(help="End hour, exclusive.", metavar="HOUR")] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Check listings, sizes and footers only, not rows and digests.")
    ] = False,
    json_output: JsonOption = False,
    root: RootOption = DEFAULT_ROOT,
    contracts: ContractsOption = None,
) -> None:
    """Check published files: complete, unchanged, as the contract defines them, each row in its bucket, sorted.

    Changes nothing and can run beside readers and jobs. Exit code 1 if there is an error; every finding has a next
    step. Findings that are only information (a partition older than its source) keep exit code 0.

    \b
    Examples:
      lake verify clickstream.events_v1 2026-11-21-09
      lake verify sensors.readings_by_sensor_v1 --since 2026-11-21-00 --until 2026-11-22-00
      lake verify sensors.readings_v1 --quick --json | jq '.findings[].code'
    """
    from lake.jobs.lake import Lake
    from lake.ops.verify import published
    from lake.ops.verify import verify as read_back

    lake = Lake.open(root, contracts)
    found = lake.table(table)
    hours = [partition.removeprefix("dt=") for partition in partitions or ()]
    wanted = published(lake, found, hours, since, until)
    with bar(f"reading {found.full_name}", sum(one.partition.number("bytes") for one in wanted)) as advance:
        done = read_back(lake, found, wanted, quick=quick, on_bytes=advance)
    if json_output:
        print_json({**asdict(done), "errors": done.errors})
    else:
        _show(done.findings)
    note(_summary(done, quick))
    raise typer.Exit(1 if done.errors else 0)


def _show(findings: Iterable[Finding]) -> None:
    """By partition: a line for each finding, then the next steps, each once."""
    out = console_out()
    for (name, dt), group in groupby(findings, key=lambda finding: (finding.table, finding.partition)):
        together = list(group)
        out.print(Text(f"{name} dt={dt}" if dt else name, style="bold"))
        for one in together:
            level = Text(f"  {one.level} ", style=_STYLES[one.level])
            out.print(Text.assemble(level, f"{one.code}: ", f"{one.file} " if one.file else "", one.message))
        for step in dict.fromkeys(one.next_step for one in together):
            out.print(Text(f"  next: {step}"))


def _summary(done: Verification, quick: bool) -> str:
    how = "checked (listings, sizes, footers)" if quick else "verified"
    counts = [_count(done.partitions, "partition"), _count(done.files, "file"), _count(done.rows, "row")]
    checked = f"{', '.join(counts)}, {human_bytes(done.bytes)} {how}"
    errors, others = done.errors, len(done.findings) - done.errors
    outcome = _count(errors, "error") if errors else "no errors"
    more = f", {others:,} for information" if others else ""
    return f"{done.table}: {checked} in {done.seconds:.1f} s: {outcome}{more}"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
