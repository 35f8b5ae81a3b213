"""A package started on this machine, as it is: Python of the streams environment, and Flink within that process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from lake.errors import UsageError
from lake.flink.endpoints import parse_endpoint
from lake.flink.properties import GROUP, properties_of
from lake.stream.environment import java_home, streams_python
from lake.stream.errors import AppFailed
from lake.stream.jar import JAR_VARIABLE
from lake.stream.package import PYTHON, unpack
from lake_local.flink.messages import message_of

_SINKS = ("sink", "late_sink", "quarantine_sink")
_STANDARD_ERROR = 2
_STOP_SECONDS = 10
_TERMINATED = 128 + signal.SIGTERM
# What the user set for another Flink or another run is not this one's.
_NOT_PASSED_ON = ("FLINK_HOME", "FLINK_CONF_DIR", "PYFLINK_GATEWAY_PORT", "PYTHONHOME", JAR_VARIABLE)


def settings_of(words: list[str]) -> dict[str, str]:
    """Properties from PROPERTY=VALUE, as --set takes them. Raises UsageError for another form, or one given twice."""
    settings: dict[str, str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name:
            raise UsageError(f"reading --set {word}: expected PROPERTY=VALUE, e.g. --set gap=30m")
        if name in settings:
            raise UsageError(f"reading --set {word}: {name} is set twice")
        settings[name] = value
    return settings


def refuse_wrong(properties: Mapping[str, str]) -> None:
    """Raises what can be said before anything is built or started: PropertyError, or UsageError for a used sink.

    A sink's folder must be empty or absent: Flink adds files to it, so a second run would double every row.
    """
    properties_of(properties)
    parse_endpoint(properties.get("source", ""), "source", ("kinesis", "file"))
    for name in _SINKS:
        folder = local_folder(properties.get(name, ""))
        if folder is not None and folder.is_dir() and any(path.is_file() for path in folder.rglob("*")):
            raise UsageError(
                f"writing to {name} {folder}: files are there already, and new rows would be added to theirs; expected "
                "an empty or a new folder. Name another one, or remove it"
            )


def local_folder(uri: str) -> Path | None:
    """The folder on this machine that a sink's URI names, None for any other place."""
    if not uri or "://" in uri.removeprefix("file://"):
        return None
    return Path(parse_endpoint(uri, "sink", ("file",)).name)


def run_package(app: str, package: Path, properties: Mapping[str, str], *, debug: bool = False) -> None:
    """Runs an application's zip to the end of its source; a stream has none, and is stopped by Ctrl-C.

    The zip is unpacked into a folder that is removed afterwards. With `debug`, all that Flink says goes to standard
    error. Raises AppFailed with the application's own message and exit code, and StreamSetupError.
    """
    python, java = streams_python(), java_home()
    with tempfile.TemporaryDirectory(prefix=f"lake-{app}-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        main = unpack(package, folder / app)
        given = folder / "application_properties.json"
        given.write_text(json.dumps([{"PropertyGroupId": GROUP, "PropertyMap": dict(properties)}]), encoding="utf-8")
        said, temporary = folder / "said", folder / "tmp"
        temporary.mkdir()
        environment = {name: value for name, value in os.environ.items() if name not in _NOT_PASSED_ON} | {
            "IS_LOCAL": "1",
            "JAVA_HOME": str(java),
            "LAKE_FLINK_PROPERTIES": str(given),
            "LAKE_DEBUG": "1" if debug else "",
            "FLINK_LOG_DIR": str(folder),
            "TMPDIR": str(temporary),  # what is left there by a process that was killed goes with the folder
            "JAVA_TOOL_OPTIONS": f"{os.environ.get('JAVA_TOOL_OPTIONS', '')} -Djava.io.tmpdir={temporary}".strip(),
            "PYTHONPATH": str(main.parent / PYTHON),
            "PYTHONWARNINGS": "ignore",  # PyFlink's own libraries are warned of what is not ours to change
        }
        with said.open("wb") as file:
            code = _ended([str(python), str(main)], environment, _STANDARD_ERROR if debug else file.fileno())
        if code != 0 and debug:
            raise AppFailed(f"{app}: ended with code {code}; what it said is above", code if code > 0 else 1)
        if code != 0:
            raise AppFailed(message_of(app, code, said.read_text(errors="replace")), code if code > 0 else 1)


def _ended(words: list[str], environment: Mapping[str, str], output: int) -> int:
    """The exit code of a process; whatever ends the wait for it, ends it and Flink's JVM too."""
    with _terminated_as_exit():
        process = subprocess.Popen(  # a group of its own: Ctrl-C is ours to handle
            words, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
        try:
            return process.wait()
        finally:
            _stop(process)


@contextmanager
def _terminated_as_exit() -> Iterator[None]:
    """While this lasts, SIGTERM ends this process in an orderly way, as Ctrl-C does."""

    def leave(_number: int, _frame: FrameType | None) -> None:
        raise SystemExit(_TERMINATED)

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Ends a process: it is asked, and then it and what it started are killed (a JVM that has nothing to keep)."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
        except (ProcessLookupError, PermissionError):
            return
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            continue
