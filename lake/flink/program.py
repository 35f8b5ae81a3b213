"""How an application starts: properties read, environment made, statements run, errors shown with their cause."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from lake.errors import LakeError
from lake.flink.jvm import JarMissing
from lake.flink.operators import Program
from lake.flink.preflight import refuse_unreachable
from lake.flink.properties import Properties, read_properties
from lake.flink.sources import Source, source_of

if TYPE_CHECKING:
    from pyflink.table import StreamTableEnvironment

Assembly = Callable[["StreamTableEnvironment", Properties, Source], Program]

_LOCAL = {
    "execution.checkpointing.interval": "5s",  # files are finished by a checkpoint
    "restart-strategy.type": "none",  # an error ends the run, instead of coming again and again
}
_ALWAYS = {
    "pipeline.object-reuse": "true",
    "table.exec.uid.generation": "ALWAYS",  # so that state is found again after an upgrade
    "table.local-time-zone": "UTC",
}


_SHOWN_LINES = 12


def is_local() -> bool:
    """Whether this runs on a laptop: IS_LOCAL is set."""
    return bool(os.environ.get("IS_LOCAL"))


def environment(jar: Path | None, is_bounded: bool) -> StreamTableEnvironment:
    """The environment in which an application is assembled. Raises JarMissing if `jar` does not exist.

    On the managed service, `jar` is None: the service has loaded it. Where the input is bounded, a watermark follows
    every event, so that equal input gives equal output.
    """
    from pyflink.common import Configuration
    from pyflink.datastream import StreamExecutionEnvironment
    from pyflink.table import StreamTableEnvironment

    settings = dict(_ALWAYS)
    if is_local():
        settings |= _LOCAL
    if jar is not None:
        if not jar.is_file():
            raise JarMissing(f"starting: jar {jar} not found; build it with `lake stream package`")
        settings["pipeline.jars"] = jar.absolute().as_uri()
    if is_bounded:
        settings["pipeline.auto-watermark-interval"] = "0 ms"
    configuration = Configuration()
    for name, value in settings.items():
        configuration.set_string(name, value)
    return StreamTableEnvironment.create(StreamExecutionEnvironment.get_execution_environment(configuration))


def run(app: Path, assemble: Assembly, key: Sequence[str] = ()) -> int:
    """Runs an application whose file is `app`; returns the exit code. A bounded source ends, a stream does not.

    Properties come from the managed service; with IS_LOCAL set, from application_properties.json beside the file (or
    LAKE_FLINK_PROPERTIES), and the jar is LAKE_FLINK_JAR, or the one in lib/ beside it. With LAKE_DEBUG set, what Flink
    raised is shown whole.

    Streams and tables are looked for before the job is started; `key` is what a table must have as its key.
    """
    try:
        properties = read_properties(app.parent / "application_properties.json")
        source = source_of(properties)
        env = environment(_jar(app) if is_local() else None, source.is_bounded)
        with TemporaryDirectory(prefix="lake-checkpoints-") as checkpoints:
            if is_local():  # else they are kept in memory, of which there is too little
                env.get_config().set("execution.checkpointing.dir", Path(checkpoints).as_uri())
            program = assemble(env, properties, source)
            refuse_unreachable(properties, key)
            result = program.execute()
            if is_local():
                result.wait()
    except LakeError as error:
        print(f"{app.parent.name}: {error}", file=sys.stderr)
        return error.exit_code
    except Exception as error:  # whatever Flink raises is shown by its cause
        if os.environ.get("LAKE_DEBUG"):
            traceback.print_exc()
        print(f"{app.parent.name}: {cause_of(error)}", file=sys.stderr)
        return 1
    return 0


def contracts_of(app: Path) -> Path:
    """The folder of rendered contracts: beside the application in its zip, one folder up in the repository."""
    beside = app.parent / "contracts"
    return beside if beside.is_dir() else app.parent.parent / "contracts"


def cause_of(error: BaseException) -> str:
    """What the innermost cause of a Java error says; any other error as it is."""
    text = str(error)
    java = getattr(error, "java_exception", None)
    if java is not None:
        while java.getCause() is not None:
            java = java.getCause()
        text = java.toString()
    else:
        causes = [line for line in text.splitlines() if line.startswith("Caused by: ")]
        text = causes[-1].removeprefix("Caused by: ") if causes else text
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return "\n  ".join(lines[:_SHOWN_LINES]) or type(error).__name__


def _jar(app: Path) -> Path:
    given = os.environ.get("LAKE_FLINK_JAR")
    if given:
        return Path(given)
    jars = sorted((app.parent / "lib").glob("*.jar"))
    return jars[0] if jars else app.parent / "lib" / "lake-flink-connectors.jar"
