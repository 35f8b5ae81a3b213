"""`lake stream demo`: clicks through Flink on this machine, a task manager killed, and stream = batch at the end."""

from __future__ import annotations

import shutil
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from lake.cli.options import ContractsOption, JsonOption, RootOption, console_err, console_out, note, print_json
from lake.cli.options import print_table as print_rows

if TYPE_CHECKING:
    from lake_local.demo.check import Verdict

DEMO_ROOT = ".lake/demo-stream"
_DIFFERENCES_SHOWN = 20


def demo(
    seconds: Annotated[int, typer.Option(min=10, help="How long clicks are sent; a restart may take longer.")] = 60,
    rate: Annotated[int, typer.Option(min=1, max=2000, help="Clicks per second, on average.")] = 500,
    seed: Annotated[int, typer.Option(min=0, help="Random seed.")] = 1,
    json_output: JsonOption = False,
    root: RootOption = DEMO_ROOT,
    contracts: ContractsOption = None,
) -> None:
    """Show both Flink applications at work on this machine, without an AWS account: some three minutes.

    Starts emulators of Kinesis and DynamoDB, and a Flink cluster of several processes; sends clicks as `lake generate`
    makes them, half an hour in ten seconds; shows sessions as they close and counters as they change; kills a task
    manager, and recovers. At the end the same
    clicks go through the batch jobs, and everything is compared row by row: exit code 1 if anything differs.

    The batch jobs use the lake .lake/demo-stream, which is emptied first; another --root must be empty. Needs what
    `lake stream run` needs, and Node.js. Ctrl-C ends everything that was started.

    \b
    Examples:
      lake stream demo
      lake stream demo --seconds 30 --rate 200
      lake stream demo --json --root /tmp/demo-lake
    """
    from lake_local.demo.batch import Batch
    from lake_local.demo.play import play
    from lake_local.demo.settings import Settings
    from lake_local.demo.show import shown
    from lake_local.demo.signals import interruptible, temporary_folder

    if root == DEMO_ROOT:
        shutil.rmtree(root, ignore_errors=True)
    with interruptible(), temporary_folder() as folder, shown(console_err) as monitor:
        batch = Batch(root, contracts, folder)
        batch.refuse_used()
        verdict = play(Settings(seconds, rate, seed), batch, monitor)
        monitor.phase("done")
    if json_output:
        print_json(asdict(verdict))
    else:
        _print_verdict(verdict, root)
    raise typer.Exit(1 if verdict.differences else 0)


def _print_verdict(verdict: Verdict, root: str) -> None:
    sums = [
        ("records sent", verdict.sent),
        ("= events in sessions", verdict.in_sessions),
        ("+ late events", verdict.late),
        ("+ quarantined records", verdict.quarantined),
        ("+ repeats, counted once", verdict.repeats),
    ]
    print_rows(("outcome", "records"), [(what, f"{count:,}") for what, count in sums], right=("records",))
    if verdict.differences:
        rows = [
            (row.what, row.name, str(row.expected), str(row.found)) for row in verdict.differences[:_DIFFERENCES_SHOWN]
        ]
        print_rows(("difference", "name", "expected", "found"), rows)
        note(f"{len(verdict.differences):,} differences; the first {len(rows)} are shown. The lake is {root}")
        return
    out = console_out()
    amended = f"; batch has {verdict.amended:,} that late events changed or made" if verdict.amended else ""
    out.print(f"stream = batch: {verdict.equal:,} sessions equal{amended}")
    out.print(f"counts = truth: {verdict.counters:,} counters equal, in DynamoDB and in batch")
    if verdict.amended:
        note(f"To list them: lake reconcile sessions --day {verdict.days[-1]} --root {root}")
