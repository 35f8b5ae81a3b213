"""The applications that there are: folders of flink_apps/ with an app.py."""

from __future__ import annotations

from pathlib import Path

from lake.stream.errors import NoSuchAppError, StreamSetupError

APP_FILE = "app.py"


def apps_folder() -> Path:
    """./flink_apps, or the one beside the lake package. Raises StreamSetupError if neither exists."""
    folders = (Path("flink_apps"), Path(__file__).resolve().parents[2] / "flink_apps")
    for folder in folders:
        if (folder / "pom.xml").is_file():
            return folder.absolute()
    raise StreamSetupError(
        f"Flink applications not found: no pom.xml in {' or '.join(map(str, folders))}; run this in "
        "a clone of the project (the wheel for Glue does not carry them)"
    )


def app_file(name: str, folder: Path) -> Path:
    """The file of an application. Raises NoSuchAppError, which lists the known ones."""
    known = sorted(path.parent.name for path in folder.glob(f"*/{APP_FILE}"))
    if name not in known:
        raise NoSuchAppError(
            f"Flink application {name!r} not found in {folder}; expected one of {', '.join(known) or 'none'}"
        )
    return folder / name / APP_FILE
