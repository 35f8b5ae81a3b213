"""The page's section on the function says what the function says."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from infra.functions.event_count_metrics import changes, handler
from tests.conftest import REPOSITORY
from tests.docs.pages import command_lines, fences

PAGE = REPOSITORY / "docs" / "run-on-managed-flink.md"
SECTION = PAGE.read_text().partition("## 9. Counts as CloudWatch metrics\n")[2].partition("\n## ")[0]
COMMANDS = next(fence.text for fence in fences(PAGE) if "create-event-source-mapping" in fence.text)


def test_the_metrics_on_the_page_are_those_of_the_function() -> None:
    said = set(re.findall(r"^\| `(\w+)` \| (\w+)", SECTION, re.MULTILINE))
    assert said == {
        (changes.EVENTS, "EventName"),
        (changes.EVENTS_WITHOUT_TIME, "EventName"),
        (changes.NOT_PUBLISHED, "Reason"),
    }


def test_the_function_s_time_is_more_than_what_it_keeps_in_reserve() -> None:
    seconds = int(re.findall(r"--timeout (\d+)", COMMANDS)[0])
    assert seconds * 1000 > handler.ENOUGH_MS
    assert f"with less than {handler.ENOUGH_MS // 1000} left" in SECTION


def test_the_zip_of_the_page_holds_the_handler_that_it_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = next(words for words in command_lines(COMMANDS) if "zipfile" in words)
    monkeypatch.chdir(REPOSITORY)
    packed = tmp_path / "function.zip"
    subprocess.run([sys.executable, "-m", "zipfile", "-c", str(packed), words[-1]], check=True)
    module, _, name = re.findall(r"--handler (\S+)", COMMANDS)[0].rpartition(".")
    program = f"import sys; sys.path.insert(0, {str(packed)!r}); from {module} import {name}; print({name}.__module__)"
    ran = subprocess.run([sys.executable, "-c", program], cwd="/", capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == module
