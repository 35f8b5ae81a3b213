"""The zip for the managed service: exactly these files, the same bytes from the same sources, wherever it is made."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from lake.contract.load import contracts_folder
from lake.errors import ContractError, StorageError
from lake.stream.apps import app_file
from lake.stream.errors import NoSuchAppError, PackageError
from lake.stream.package import RUN_OPTIONS, unpack, write_package
from tests.conftest import REPOSITORY
from tests.lake.stream.conftest import APPS

ALWAYS = [
    "contracts/clickstream/events_v1.json",
    "contracts/clickstream/sessions_v1.json",
    "contracts/market/tickers_v1.json",
    "contracts/web/events_v1.json",
    "lib/lake-flink-connectors.jar",
    "main.py",
    "python/lake/__init__.py",
    "python/lake/durations.py",
    "python/lake/errors.py",
    "python/lake/flink/__init__.py",
]


@pytest.fixture
def any_jar(tmp_path: Path) -> Path:
    path = tmp_path / "any.jar"
    path.write_bytes(b"PK of a jar")
    return path


@pytest.fixture
def package(any_jar: Path, tmp_path: Path) -> Path:
    return write_package(app_file("sessions", APPS), any_jar, contracts_folder(), tmp_path / "out" / "sessions.zip")


@pytest.mark.parametrize("app", ["sessions", "event_counts"])
def test_it_has_the_program_one_jar_the_modules_and_the_contracts(app: str, any_jar: Path, tmp_path: Path) -> None:
    zip_file = write_package(app_file(app, APPS), any_jar, contracts_folder(), tmp_path / f"{app}.zip")
    with zipfile.ZipFile(zip_file) as archive:
        names = archive.namelist()
        assert names == sorted(names)
        modules = [name for name in names if name.startswith("python/lake/flink/")]
        assert sorted({*names} - {*modules}) == sorted({*ALWAYS} - {*modules})
        assert {"python/lake/flink/program.py", "python/lake/flink/properties.py"} < {*modules}
        assert "python/lake/flink/render_contracts.py" not in modules  # it reads contracts
        assert archive.read("lib/lake-flink-connectors.jar") == any_jar.read_bytes()
        assert archive.read("main.py") == (APPS / app / "app.py").read_bytes()
        for name in modules:
            assert archive.read(name) == (REPOSITORY / name.removeprefix("python/")).read_bytes()


def test_contracts_are_rendered_as_they_are_now_and_as_they_are_checked_in(package: Path) -> None:
    with zipfile.ZipFile(package) as archive:
        for name in ALWAYS[:2]:
            assert archive.read(name) == (APPS / name).read_bytes()


def test_the_run_options_name_what_is_there(package: Path, tmp_path: Path) -> None:
    unpack(package, tmp_path / "in")
    assert RUN_OPTIONS == {"python": "main.py", "jarfile": "lib/lake-flink-connectors.jar", "pyFiles": "python/"}
    assert [(tmp_path / "in" / path).exists() for path in RUN_OPTIONS.values()] == [True, True, True]


def test_entries_have_one_time_one_mode_and_no_compression(package: Path) -> None:
    with zipfile.ZipFile(package) as archive:
        said = {(e.date_time, e.external_attr >> 16, e.create_system, e.compress_type) for e in archive.infolist()}
    assert said == {((1980, 1, 1, 0, 0, 0), stat.S_IFREG | 0o644, 3, zipfile.ZIP_STORED)}


@pytest.mark.e2e
def test_two_clones_of_the_sources_give_the_same_bytes(any_jar: Path, tmp_path: Path) -> None:
    digests = []
    for folder, mask in ((tmp_path / "a", 0o022), (tmp_path / "elsewhere" / "b", 0o077)):
        for part in ("lake", "contracts", "flink_apps"):
            ignored = shutil.ignore_patterns("__pycache__", "target")
            shutil.copytree(REPOSITORY / part, folder / part, ignore=ignored, copy_function=shutil.copyfile)
        words = [sys.executable, "-m", "lake", "stream", "package", "sessions", "--out", "x.zip", "--json"]
        environment = {**os.environ, "LAKE_FLINK_JAR": str(any_jar), "PYTHONPATH": str(folder)}
        environment |= {"PYTHONHASHSEED": str(mask), "PYTHONDONTWRITEBYTECODE": "1"}
        ended = subprocess.run(words, cwd=folder, env=environment, umask=mask, capture_output=True, check=True)
        found = hashlib.sha256((folder / "x.zip").read_bytes()).hexdigest()
        assert json.loads(ended.stdout)["sha256"] == found
        digests.append(found)
    assert digests[0] == digests[1]


@pytest.mark.e2e
def test_what_is_imported_is_there_where_there_is_only_pyflink(package: Path, with_flink: None, tmp_path: Path) -> None:
    """Imports all that is in the zip, by the Flink environment's Python."""
    from lake.stream.environment import streams_python

    main = unpack(package, tmp_path / "in")
    python = main.parent / "python"
    modules = [
        path.relative_to(python).with_suffix("").as_posix().replace("/", ".") for path in python.rglob("[!_]*.py")
    ]
    script = f"import importlib, main, lake\nfor name in {modules}: importlib.import_module(name)\nprint(lake.__file__)"
    words = [str(streams_python()), "-W", "ignore", "-c", script]
    environment = {**os.environ, "PYTHONPATH": str(python)}
    ended = subprocess.run(words, cwd=main.parent, env=environment, capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == str(python / "lake" / "__init__.py")


def test_an_import_that_the_runtime_has_not_is_refused_and_nothing_is_written(any_jar: Path, tmp_path: Path) -> None:
    app = tmp_path / "app.py"
    app.write_text("from lake.flink.program import run\nimport boto3\n")
    with pytest.raises(PackageError, match=r"app.py, line 2, imports boto3"):
        write_package(app, any_jar, contracts_folder(), tmp_path / "out" / "x.zip")
    assert not (tmp_path / "out").exists()


def test_contracts_without_the_tables_are_named(any_jar: Path, tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    with pytest.raises(ContractError, match=r"clickstream.events_v1: not found in .*/none"):
        write_package(app_file("sessions", APPS), any_jar, tmp_path / "none", tmp_path / "x.zip")


def test_a_place_that_cannot_be_written_is_named(any_jar: Path, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"writing the package .*any.jar/x.zip: .*; name another file with --out"):
        write_package(app_file("sessions", APPS), any_jar, contracts_folder(), any_jar / "x.zip")


def test_an_unknown_application_is_named_with_those_there_are() -> None:
    with pytest.raises(NoSuchAppError, match=r"did you mean 'sessions'\?; applications: event_counts, sessions"):
        app_file("sesions", APPS)
