"""The zip that the managed service runs: main.py, one jar, our modules, and what contracts render to.

    main.py               the application
    lib/<one jar>         operators and connectors
    python/lake/...       the modules that main.py imports
    contracts/<database>/<table>.json

Equal sources give equal bytes: entries are in order, uncompressed (the jar is most of it, and compressed already), with
one fixed time and mode.
"""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from lake.contract.load import load_tables
from lake.errors import ContractError, StorageError
from lake.flink.render_contracts import DEFAULTS, streamed_tables
from lake.flink.rendered_contract import rendered_path, rendered_text
from lake.stream.imports import modules_of
from lake.stream.jar import JAR

MAIN = "main.py"
JAR_IN_ZIP = f"lib/{JAR}"
PYTHON = "python/"
RUN_OPTIONS = {"python": MAIN, "jarfile": JAR_IN_ZIP, "pyFiles": PYTHON}
"""The managed service's run options, in property group RUN_OPTIONS_GROUP."""
RUN_OPTIONS_GROUP = "kinesis.analytics.flink.run.options"

_LONG_AGO = (1980, 1, 1, 0, 0, 0)
_FILE_MODE = 0o100644 << 16
_UNIX = 3


def write_package(app: Path, jar: Path, contracts: Path, out: Path) -> Path:
    """Writes an application's zip to `out`, whole or not at all; returns its path.

    Raises PackageError (an import that the managed runtime does not have), ContractError, and StorageError where `out`
    cannot be written.
    """
    small = dict(_programs(app)) | dict(_contracts(contracts))
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=out.parent, prefix=f".{out.name}-", delete=False) as file:
            aside = Path(file.name)
            try:
                with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
                    for name in sorted([*small, JAR_IN_ZIP]):
                        archive.writestr(_entry(name), small[name] if name in small else jar.read_bytes())
                aside.chmod(0o644)
                aside.rename(out)
            finally:
                aside.unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(f"writing the package {out}: {error}; name another file with --out") from error
    return out


def unpack(package: Path, folder: Path) -> Path:
    """Unpacks a zip into a folder; returns its main.py."""
    with zipfile.ZipFile(package) as archive:
        archive.extractall(folder)
    return folder / MAIN


def _programs(app: Path) -> Iterator[tuple[str, bytes]]:
    packages = Path(__file__).resolve().parents[2]
    yield MAIN, app.read_bytes()
    for module in modules_of(app, packages):
        yield f"{PYTHON}{module.relative_to(packages).as_posix()}", module.read_bytes()


def _contracts(contracts: Path) -> Iterator[tuple[str, bytes]]:
    """Rendered from the contracts, so that a package cannot hold what one said before."""
    tables = load_tables(contracts)
    for name in DEFAULTS:
        if name not in tables:
            raise ContractError(f"packing the contract of {name}: not found in {contracts}")
    for table in streamed_tables(tables):
        yield rendered_path(Path("contracts"), table.full_name).as_posix(), rendered_text(table).encode()


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _LONG_AGO)
    entry.external_attr = _FILE_MODE
    entry.create_system = _UNIX
    return entry
