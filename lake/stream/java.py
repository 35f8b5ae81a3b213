"""The release of a Java program."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

_SECONDS = 30


def java_release(program: Path) -> int:
    """The feature release of a `java`, e.g. 17; 0 if it cannot be run or does not say."""
    try:
        ended = subprocess.run([program, "-version"], capture_output=True, text=True, check=False, timeout=_SECONDS)
    except (OSError, subprocess.TimeoutExpired):
        return 0
    match = re.search(r'version "(?:1\.)?(\d+)', ended.stderr)
    return int(match[1]) if match else 0
