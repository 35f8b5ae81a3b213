"""`lake stream package`: a Flink application, packed for the managed service."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated

import typer

from lake.cli.options import DEFAULT_ROOT, ContractsOption, JsonOption, RootOption, note, print_json, print_table
from lake.cli.sizes import human_bytes

AppArgument = Annotated[str, typer.Argument(help="Application, a folder of flink_apps/: sessions, event_counts.")]


def package(
    app: AppArgument,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Zip to write. Default: dist/<app>.zip.", show_default=False)
    ] = None,
    json_output: JsonOption = False,
    root: RootOption = DEFAULT_ROOT,  # noqa: ARG001 # every command takes it; this one has no use for it
    contracts: ContractsOption = None,
) -> None:
    """Write the zip that Managed Service for Apache Flink runs: the application, one jar, rendered contracts.

    The jar is built with Maven (a minute, and a JDK) and kept in the cache (LAKE_CACHE, else ~/.cache/lake) until
    its sources change; LAKE_FLINK_JAR names one that was built elsewhere. Equal sources give equal bytes.

    \b
    Examples:
      lake stream package sessions
      lake stream package event_counts --out event_counts.zip --json
    """
    from lake.stream.package import RUN_OPTIONS, RUN_OPTIONS_GROUP

    path = packed(app, out or Path("dist") / f"{app}.zip", contracts)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    size = path.stat().st_size
    if json_output:
        options = {"PropertyGroupId": RUN_OPTIONS_GROUP, "PropertyMap": RUN_OPTIONS}
        print_json({"package": str(path), "bytes": size, "sha256": digest, "run_options": options})
        return
    print_table(("package", "size", "SHA-256"), [(str(path), human_bytes(size), digest)], right=("size",))
    options_said = ", ".join(f"{name}={value}" for name, value in RUN_OPTIONS.items())
    note(f"Property group {RUN_OPTIONS_GROUP}: {options_said}")


def packed(app: str, out: Path, contracts: str | None) -> Path:
    """Write an application's zip to `out`, building the jar where it is not in the cache. Raises PackageError."""
    from lake.contract.load import contracts_folder
    from lake.stream.apps import app_file, apps_folder
    from lake.stream.jar import connectors_jar
    from lake.stream.package import write_package

    apps = apps_folder()
    file = app_file(app, apps)
    return write_package(file, connectors_jar(apps, note), contracts_folder(contracts), out)
