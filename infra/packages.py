"""What jobs are made of: the wheel's place among the artifacts, and the packages that Glue does not have."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]

GLUE_PACKAGES = (
    *("great-expectations", "pyarrow", "numpy", "pandas", "scipy", "open-data-contract-standard", "ruamel-yaml"),
    *("duckdb", "sqlglot", "orjson", "msgspec", "isal", "backports-zstd", "cramjam", "arro3-io", "arro3-core"),
    *("boto3", "rich"),
)
"""Packages of the jobs that Glue does not have, or has in another version; pyspark and a JDK are its own."""

WHEELHOUSE = "wheelhouse.gluewheels.zip"
"""Glue installs a zip of wheels by this ending: wheels/*.whl and a requirements.txt."""


def pins(lock: Path = REPOSITORY / "requirements" / "jobs.txt") -> list[str]:
    """name==version of each of GLUE_PACKAGES, from the jobs' lock file."""
    locked = dict(
        re.findall(r"^([a-z0-9-]+)(?:\[[^]]*\])?==([^ ;\\]+)", lock.read_text(encoding="utf-8"), re.MULTILINE)
    )
    return [f"{name}=={locked[name]}" for name in GLUE_PACKAGES]


def wheel_name(repository: Path = REPOSITORY) -> str:
    """The file name of the lake's wheel, which pip reads the version from."""
    project = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return f"{project['name']}-{project['version']}-py3-none-any.whl"


def wheel_digest(repository: Path = REPOSITORY, contracts: Path | None = None) -> str:
    """A digest of what the wheel holds, so that each version of code and contracts has a place of its own."""
    digest = hashlib.sha256()
    for name, path in sorted(_sources(repository, contracts or repository / "contracts")):
        digest.update(f"{name}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()[:16]


def _sources(repository: Path, contracts: Path) -> Iterator[tuple[str, Path]]:
    yield "pyproject.toml", repository / "pyproject.toml"
    folders = {name: repository / name for name in ("lake", "expectations", "sql")} | {"contracts": contracts}
    for name, folder in folders.items():
        for path in folder.rglob("*"):
            if path.is_file() and path.suffix in (".py", ".properties", ".yaml", ".json", ".sql"):
                yield f"{name}/{path.relative_to(folder).as_posix()}", path
