"""Folders in the user's cache, each complete or missing: built beside it under a lock, then renamed."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from lake.errors import LakeError

_ASIDE = ".making-"


class CacheError(LakeError):
    """The cache could not be written: it is full, or belongs to another user."""


def cache_folder() -> Path:
    """LAKE_CACHE, else lake/ in XDG_CACHE_HOME, else ~/.cache/lake: one for all clones and roots of a user."""
    given = os.environ.get("LAKE_CACHE")
    if given:
        return Path(given).expanduser().absolute()
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache").absolute() / "lake"


def build_once(folder: Path, build: Callable[[Path], None]) -> Path:
    """`folder`, built by `build(empty folder)` if it does not exist yet.

    A process that is killed meanwhile leaves a folder of another name, which the next one removes; of two at once, one
    builds it. Raises what `build` raises, and CacheError if the cache cannot be written.
    """
    if folder.is_dir():
        return folder
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with locked(folder.parent / f"{folder.name}.lock"):
            if folder.is_dir():
                return folder
            for left in folder.parent.glob(f"{_ASIDE}{folder.name}-*"):
                shutil.rmtree(left, ignore_errors=True)
            aside = Path(tempfile.mkdtemp(prefix=f"{_ASIDE}{folder.name}-", dir=folder.parent))
            try:
                build(aside)
                aside.chmod(0o755)
                aside.rename(folder)
            finally:
                shutil.rmtree(aside, ignore_errors=True)
    except OSError as error:
        raise CacheError(
            f"making {folder}: {error}; free space there (500 MB are needed), or name another folder with LAKE_CACHE"
        ) from error
    return folder


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock on a file, after waiting for it; the system releases it when the process ends, however it ends."""
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
