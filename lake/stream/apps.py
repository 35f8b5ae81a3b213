"""Flink applications: the folders of flink_apps/ with an app.py."""

from __future__ import annotations

from pathlib import Path

from lake.errors import did_you_mean
from lake.project_folders import ProjectFolder
from lake.stream.errors import NoSuchAppError

APP_FILE = "app.py"
_FOLDER = ProjectFolder("flink_apps", "pom.xml", is_code=True)


def apps_folder() -> Path:
    """The flink_apps beside the lake package, or ./flink_apps. Raises UsageError where it is not found.

    The wheel for Glue does not carry them.
    """
    return _FOLDER.path().absolute()


def app_file(name: str, folder: Path) -> Path:
    """The file of an application. Raises NoSuchAppError, listing all applications, if it is not found."""
    known = sorted(path.parent.name for path in folder.glob(f"*/{APP_FILE}"))
    if name not in known:
        raise NoSuchAppError(
            f"looking for the Flink application {name!r} in {folder}: not found{did_you_mean(name, known)}; "
            f"applications: {', '.join(known) or 'none'}"
        )
    return folder / name / APP_FILE
