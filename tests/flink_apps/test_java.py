"""The operators on Flink's test harness (flink_apps/src/test): rules, state, timers, and values as batch reads them."""

from __future__ import annotations

import shutil
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

APPS = Path(__file__).resolve().parents[2] / "flink_apps"


@pytest.mark.flink
def test_operators_on_the_harness() -> None:
    maven = shutil.which("mvn")
    assert maven is not None, "Maven is needed, as for the operators' jar"
    shutil.rmtree(APPS / "target" / "surefire-reports", ignore_errors=True)
    command = [maven, "--batch-mode", "--quiet", "-P", "tests", "test"]
    ended = subprocess.run(command, cwd=APPS, capture_output=True, text=True, timeout=1800, check=False)
    assert ended.returncode == 0, ended.stdout[-20_000:]
    reports = (APPS / "target" / "surefire-reports").glob("*.xml")
    assert sum(int(ET.parse(report).getroot().attrib["tests"]) for report in reports) > 300
