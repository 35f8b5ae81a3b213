"""Which tests run when and where: markers come from fixtures, each is a tier's, and what is shared has one process."""

from __future__ import annotations

import re
import tomllib

import pytest

from tests.conftest import NEEDS, REPOSITORY, unit_of

SETTINGS = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["pytest"]["ini_options"]
MARKERS = {marker.partition(":")[0] for marker in SETTINGS["markers"]}


def markers_of(request: pytest.FixtureRequest) -> set[str]:
    return {mark.name for mark in request.node.iter_markers()} & MARKERS


def test_a_test_without_a_need_has_no_marker(request: pytest.FixtureRequest) -> None:
    assert markers_of(request) == set()


def test_on_both_kinds_of_root_only_the_one_on_moto_is_marked(any_root: str, request: pytest.FixtureRequest) -> None:
    assert markers_of(request) == ({"s3"} if any_root.startswith("s3://") else set())


def test_a_test_that_asks_for_moto_through_another_fixture_is_marked(
    s3_root: str, request: pytest.FixtureRequest
) -> None:
    assert markers_of(request) == {"s3"}


def test_every_marker_is_kept_out_of_the_fast_tests() -> None:
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    (left_out,) = re.findall(r"^test-fast: .*\n\t\$\(PYTEST\) -m \"not \((.*)\)\"$", makefile, re.MULTILINE)
    assert sorted(left_out.split(" or ")) == sorted(MARKERS)
    assert NEEDS.keys() < MARKERS


@pytest.mark.parametrize(
    ("fixtures", "unit"),
    [
        (set(), "tests/a/test_a.py"),
        ({"tmp_path", "spark"}, "tests/a/test_a.py"),
        ({"tmp_path", "trino_s3"}, "trino"),
        ({"trino_local"}, "trino"),
        ({"with_flink", "cluster"}, "flink cluster"),
    ],
)
def test_a_process_runs_a_file_or_what_shares_a_server_as_a_whole(fixtures: set[str], unit: str) -> None:
    assert unit_of("tests/a/test_a.py::test_one[x::y]", fixtures) == unit
