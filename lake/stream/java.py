"""Which Java a program is."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

_SECONDS = 30


def java_release(program: Path) -> int:
    """The feature release of a `java`, e.g. 17; 0 where there is none or it does not say."""
    try:
        told = subprocess.run([program, "-version"], capture_output=True, text=True, check=False, timeout=_SECONDS)
    except (OSError, subprocess.TimeoutExpired):
        return 0
    match = re.search(r'version "(?:1\.)?(\d+)', told.stderr)
    return int(match[1]) if match else 0
