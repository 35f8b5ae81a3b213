"""`lake stream replay-failed`: what a Lambda function behind a stream gave up, into the table's error output."""

from __future__ import annotations

from typing import Annotated

import typer

from lake.cli.options import DEFAULT_ROOT, ContractsOption, JsonOption, RootOption, note, print_json, print_table
from lake.cli.quarantine import TableArgument

_COLUMNS = ("shard", "first", "records", "lost", "error object")


def replay_failed(
    queue: Annotated[str, typer.Argument(metavar="QUEUE", help="The on-failure queue, by its name or its URL.")],
    table: TableArgument,
    json_output: JsonOption = False,
    root: RootOption = DEFAULT_ROOT,
    contracts: ContractsOption = None,
) -> None:
    """Read back the batches that a function gave up, while the stream has them, and keep them in the error output.

    A message of the queue names a range of a shard: 24 hours of a DynamoDB table's stream can be read back, and the
    retention of a Kinesis stream. Then the message is deleted. `lake errors show` shows the records, and
    `lake errors replay` lands them in the raw zone. What the stream has no longer is a line there as well, and the
    command ends with 1.

    \b
    Examples:
      lake stream replay-failed table-changes-failed dynamodb.changes_v1
      lake errors replay dynamodb.changes_v1
    """
    from lake.jobs.lake import Lake
    from lake.ops.failed_batches import delete_message, failed_batch, land_batch, messages

    lake = Lake.open(root, contracts)
    found = lake.table(table)
    landed, left = [], 0
    for body, receipt in messages(queue):
        try:
            batch = failed_batch(body)
        except (ValueError, KeyError, TypeError):
            left += 1
            continue
        landed.append(land_batch(lake.store, found, batch))
        delete_message(queue, receipt)
    lost = sum(each.lost for each in landed)
    records = sum(each.records for each in landed)
    if json_output:
        batches = [
            {
                **{"stream": each.batch.stream_arn, "shard": each.batch.shard, "first": each.batch.first},
                **{"last": each.batch.last, "records": each.records, "lost": each.lost},
                "error_object": each.error_object,
            }
            for each in landed
        ]
        print_json({"table": found.full_name, "batches": batches, "records": records, "lost": lost, "left": left})
    elif landed:
        rows = [
            (each.batch.shard, each.batch.first, f"{each.records:,}", f"{each.lost:,}", each.error_object)
            for each in landed
        ]
        print_table(_COLUMNS, rows, right=("records", "lost"))
    note(f"{queue}: {len(landed):,} batches, {records:,} records read back, {lost:,} no longer in the stream")
    if left:
        note(f"{left:,} messages are of no stream, and stay in the queue")
    if records:
        note(f"next: lake errors replay {found.full_name}")
    if lost:
        raise typer.Exit(1)
