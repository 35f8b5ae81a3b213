"""Log lines, compared whole."""

from __future__ import annotations

import json
import logging
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from datetime import UTC, datetime

import pytest

from lake import logs
from lake.errors import UsageError

LOG = logging.getLogger("lake.jobs.raw")


@pytest.fixture(autouse=True)
def as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("LAKE_LOG_LEVEL", raising=False)
    root, level = logging.getLogger(), logging.getLogger("lake").level
    handlers = list(root.handlers)
    yield
    root.handlers[:] = handlers
    logging.getLogger("lake").setLevel(level)


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, str]]:
    """What was logged, without the times, which are checked to be of this minute and in UTC."""
    captured = capsys.readouterr()
    assert captured.out == ""
    logged = [json.loads(line) for line in captured.err.splitlines()]
    for line in logged:
        at = datetime.fromisoformat(line.pop("time"))
        assert at.utcoffset() == UTC.utcoffset(None)
        assert abs((datetime.now(UTC) - at).total_seconds()) < 60
    return logged


def test_a_line_is_one_json_object_of_time_level_logger_and_message() -> None:
    record = logging.LogRecord("lake.jobs.raw", logging.WARNING, __file__, 1, "%d objects\nof %s", (3, "é"), None)
    record.created = datetime(2026, 11, 21, 9, 30, 0, 250_000, UTC).timestamp()
    assert logs.JsonFormatter().format(record) == (
        '{"time": "2026-11-21T09:30:00.250+00:00", "level": "warning", "logger": "lake.jobs.raw", '
        '"message": "3 objects\\nof é"}'
    )


def test_bound_fields_stand_in_every_line_of_their_context_and_in_no_later_one(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logs.configure()

    def run() -> None:
        logs.bind(run_id="r1", table="shop.orders_v1")
        LOG.info("planned")
        with logs.bound(partition="2026-11-21-09"):
            LOG.warning("audit failed")
        LOG.info("published", extra={"partition": "2026-11-21-10", "rows": 7})

    copy_context().run(run)
    LOG.info("after")
    run = {"logger": "lake.jobs.raw", "run_id": "r1", "table": "shop.orders_v1"}
    assert lines(capsys) == [
        {"level": "info", "message": "planned", **run},
        {"level": "warning", "message": "audit failed", "partition": "2026-11-21-09", **run},
        {"level": "info", "message": "published", "partition": "2026-11-21-10", "rows": 7, **run},
        {"level": "info", "message": "after", "logger": "lake.jobs.raw"},
    ]


def test_a_field_of_the_call_wins_over_the_bound_one(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure()
    with logs.bound(partition="2026-11-21-09"):
        LOG.info("published", extra={"partition": "2026-11-21-10"})
    assert [line["partition"] for line in lines(capsys)] == ["2026-11-21-10"]


def test_a_pool_takes_the_bound_fields_along_in_a_copied_context(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure()
    with logs.bound(run_id="r1"), ThreadPoolExecutor(1) as pool:
        pool.submit(LOG.info, "without").result()
        pool.submit(copy_context().run, LOG.info, "with").result()
    assert [(line["message"], line.get("run_id")) for line in lines(capsys)] == [("without", None), ("with", "r1")]


def test_the_context_is_bound_again_in_another_process() -> None:
    with logs.bound(run_id="r1", table="shop.orders_v1"):
        handed_over = logs.context()
    assert handed_over == {"run_id": "r1", "table": "shop.orders_v1"}
    assert logs.context() == {}
    with logs.bound(**handed_over):
        assert logs.context() == handed_over


def test_an_exception_is_in_its_line_with_its_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure()
    try:
        raise ValueError("7 is odd")
    except ValueError:
        LOG.exception("writing failed")
    (line,) = lines(capsys)
    traceback = line.pop("exception").splitlines()
    assert line == {"level": "error", "logger": "lake.jobs.raw", "message": "writing failed"}
    assert (traceback[0], traceback[-1]) == ("Traceback (most recent call last):", "ValueError: 7 is odd")


@pytest.mark.parametrize(
    ("variable", "debug", "expected"),
    [
        (None, False, ["info", "warning"]),
        ("warning", False, ["warning"]),
        ("DEBUG", False, ["debug", "info", "warning"]),
        ("error", True, ["debug", "info", "warning"]),
    ],
)
def test_the_level_is_debug_s_or_the_variable_s_or_info(
    variable: str | None,
    debug: bool,
    expected: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if variable is not None:
        monkeypatch.setenv("LAKE_LOG_LEVEL", variable)
    logs.configure(debug=debug)
    LOG.debug("")
    LOG.info("")
    LOG.warning("")
    assert [line["level"] for line in lines(capsys)] == expected


def test_an_unknown_level_is_a_usage_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAKE_LOG_LEVEL", "loud")
    with pytest.raises(UsageError) as refused:
        logs.configure()
    assert str(refused.value) == "reading LAKE_LOG_LEVEL: expected debug, info, warning, error, got 'loud'"


def test_libraries_log_from_warning_on_in_the_same_form(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(debug=True)
    library = logging.getLogger("botocore.retries")
    library.info("retrying")
    library.warning("retried")
    assert lines(capsys) == [{"level": "warning", "logger": "botocore.retries", "message": "retried"}]


def test_a_second_configure_replaces_the_first(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure()
    logs.configure()
    LOG.info("once")
    assert [line["message"] for line in lines(capsys)] == ["once"]


PROGRAM = (
    "import logging; from lake import logs; logs.configure(); "
    "logging.getLogger('lake.jobs').warning('[3] of %s', 'shop.orders_v1')"
)


def test_a_terminal_gets_readable_lines() -> None:
    ours, theirs = pty.openpty()
    environment = {"TERM": "dumb", "COLUMNS": "80", "PATH": ""}
    subprocess.run([sys.executable, "-c", PROGRAM], stderr=theirs, check=True, env=environment)
    os.close(theirs)
    words = os.read(ours, 1000).decode().split()
    os.close(ours)
    assert datetime.strptime(words[0], "%H:%M:%SZ")  # noqa: DTZ007 # the form is what is tested
    assert words[1:] == ["WARNING", "[3]", "of", "shop.orders_v1"]


def test_a_pipe_gets_json_lines_where_colours_are_forced() -> None:
    environment = {"FORCE_COLOR": "1", "PATH": ""}
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, env=environment)
    line = json.loads(done.stderr)
    del line["time"]
    assert line == {"level": "warning", "logger": "lake.jobs", "message": "[3] of shop.orders_v1"}
