"""The applications that there are: folders of flink_apps/ with an app.py."""

from __future__ import annotations

from pathlib import Path

from lake.stream.errors import NoSuchAppError, StreamSetupError

APP_FILE = "app.py"


def apps_folder() -> Path:
    """./flink_apps, or the one beside the lake package. Raises StreamSetupError where neither is there."""
    folders = (Path("flink_apps"), Path(__file__).resolve().parents[2] / "flink_apps")
    for folder in folders:
        if (folder / "pom.xml").is_file():
            return folder.absolute()
    raise StreamSetupError(
        f"looking for the Flink applications in {' and '.join(map(str, folders))}: no pom.xml is there; run this in "
        "a clone of the project (the wheel for Glue does not carry them)"
    )


def app_named(name: str, folder: Path) -> Path:
    """The file of an application. Raises NoSuchAppError, listing those there are."""
    known = sorted(path.parent.name for path in folder.glob(f"*/{APP_FILE}"))
    if name not in known:
        raise NoSuchAppError(
            f"looking for the Flink application {name!r} in {folder}: there is none; there are "
            f"{', '.join(known) or 'none'}"
        )
    return folder / name / APP_FILE
