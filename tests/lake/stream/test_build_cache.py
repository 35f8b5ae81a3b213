"""The user's cache: folders that are whole or not there, made once, in a place that can be chosen."""

from __future__ import annotations

import multiprocessing
import time
from pathlib import Path

import pytest

from lake.stream.build_cache import CacheError, build_once, cache_folder


def test_two_processes_make_it_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAKE_CACHE", str(tmp_path / "cache"))
    folder = cache_folder() / "made"

    def slowly(aside: Path) -> None:
        with (cache_folder() / "times").open("a") as file:
            file.write("once\n")
        time.sleep(0.3)
        (aside / "whole").write_text("")

    context = multiprocessing.get_context("fork")
    children = [context.Process(target=build_once, args=(folder, slowly)) for _ in range(3)]
    for child in children:
        child.start()
    for child in children:
        child.join(30)
    assert [child.exitcode for child in children] == [0, 0, 0]
    assert (cache_folder() / "times").read_text() == "once\n"
    assert [path.name for path in folder.iterdir()] == ["whole"]


def test_a_cache_that_cannot_be_written_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("LAKE_CACHE", str(tmp_path / "file"))
    with pytest.raises(CacheError, match="name another folder with LAKE_CACHE"):
        build_once(cache_folder() / "made", lambda folder: None)


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"LAKE_CACHE": "/a", "XDG_CACHE_HOME": "/b", "HOME": "/c"}, "/a"),
        ({"XDG_CACHE_HOME": "/b", "HOME": "/c"}, "/b/lake"),
        ({"HOME": "/c"}, "/c/.cache/lake"),
        ({"LAKE_CACHE": "~/cache", "HOME": "/c"}, "/c/cache"),
    ],
)
def test_the_cache_is_where_it_is_expected(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], expected: str
) -> None:
    for name in ("LAKE_CACHE", "XDG_CACHE_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert cache_folder() == Path(expected)
