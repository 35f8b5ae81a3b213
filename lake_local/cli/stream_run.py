"""`lake stream run`: a Flink application on this machine, as the managed service runs it."""

from __future__ import annotations

import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from lake.cli.options import DEFAULT_ROOT, ContractsOption, JsonOption, RootOption, note, print_json, print_table
from lake.cli.sizes import human_bytes
from lake.cli.stream import AppArgument, packed


def run(
    context: typer.Context,
    app: AppArgument,
    source: Annotated[
        str, typer.Option(metavar="URI", help="A folder of NDJSON, which ends; or kinesis://STREAM, which does not.")
    ],
    sink: Annotated[
        str,
        typer.Option(
            metavar="URI", help="A folder, kinesis://STREAM, firehose://STREAM, or dynamodb://TABLE for counts."
        ),
    ],
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="PROPERTY=VALUE", help="A runtime property; may be repeated.", show_default=False
        ),
    ] = None,
    from_package: Annotated[
        Path | None,
        typer.Option("--package", metavar="FILE", help="A zip that is there already.", show_default=False),
    ] = None,
    json_output: JsonOption = False,
    root: RootOption = DEFAULT_ROOT,  # noqa: ARG001 # every command takes it; this one has no use for it
    contracts: ContractsOption = None,
) -> None:
    """Run a Flink application on this machine: in the zip that the managed service runs, built again each time.

    A folder as source ends: every session is closed, and the exit code is 0. A stream is read until Ctrl-C. A
    folder as sink must be new or empty; below it, each output has a folder: sessions or counts, late, quarantine.

    Needs the Flink environment (`make setup-streams`, or LAKE_STREAMS_PYTHON) and a Java, 11 to 17.
    Properties are those of the managed service: docs/run-on-managed-flink.md.

    \b
    Examples:
      lake generate clickstream.events_v1 --records 10000 --out clicks
      lake stream run sessions --source clicks --sink out --set gap=20m
      lake stream run event_counts --source clicks --sink counts --set resolution=minute
    """
    from lake.stream.environment import java_home, streams_python
    from lake.stream.errors import PackageError
    from lake_local.flink.outputs import outputs_in
    from lake_local.flink.run import local_folder, refuse_wrong, run_package, settings_of

    if from_package is not None and not from_package.is_file():
        raise PackageError(f"running {app}: package {from_package} not found; write one with `lake stream package`")
    given = settings_of([f"source={source}", f"sink={sink}", *(settings or [])])
    refuse_wrong(given)
    streams_python(), java_home()  # said before a minute's build, not after it
    with tempfile.TemporaryDirectory(prefix=f"lake-{app}-") as folder:
        zip_file = from_package or packed(app, Path(folder) / f"{app}.zip", contracts)
        note(f"{app}: from {source} to {sink} ...")
        run_package(app, zip_file, given, debug=bool((context.obj or {}).get("debug")))
    written = local_folder(sink)
    outputs = outputs_in(written) if written is not None else []
    if json_output:
        print_json([asdict(output) for output in outputs])
    elif outputs:
        rows = [(output.name, f"{output.rows:,}", human_bytes(output.bytes), output.folder) for output in outputs]
        print_table(("output", "rows", "bytes", "folder"), rows, right=("rows", "bytes"))
