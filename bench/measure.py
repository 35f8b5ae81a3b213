"""A command as a whole process: wall and CPU seconds, and the memory of its largest Python worker."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

_EVERY_SECONDS = 0.05


@dataclass(frozen=True)
class Measured:
    """`work` is wall without the session's start; `worker_mb` the peak resident memory of one process below it that
    is no Java (MB of 1,000,000 bytes); `said` the JSON line that the command ended with."""

    wall: float
    work: float
    cpu: float
    worker_mb: float
    said: dict[str, Any]


def measure(command: list[str], environment: dict[str, str], log: Path) -> Measured:
    """Run the command once. Raises RuntimeError, naming the log, where it fails."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    with log.open("ab") as errors:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, env={**os.environ, **environment})
        peaks: dict[int, int] = {}
        watcher = threading.Thread(target=_watch, args=(process.pid, peaks), daemon=True)
        watcher.start()
        output, _ = process.communicate()
    wall = time.perf_counter() - began
    watcher.join()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if process.returncode != 0:
        raise RuntimeError(f"running {' '.join(command)}: exit code {process.returncode}; see {log}")
    said = json.loads(output.decode().strip().splitlines()[-1])
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    work = wall - said.get("session", 0.0) - said.get("counting", 0.0)
    return Measured(wall, work, cpu, max(peaks.values(), default=0) / 1e6, said)


def _watch(pid: int, peaks: dict[int, int]) -> None:
    try:
        root = psutil.Process(pid)
        while root.is_running() and root.status() != psutil.STATUS_ZOMBIE:
            for child in [root, *root.children(recursive=True)]:
                try:
                    is_java = "java" in child.name()
                    is_driver = child.pid == pid and len(root.children()) > 0
                    if not is_java and not is_driver:
                        peaks[child.pid] = max(peaks.get(child.pid, 0), child.memory_info().rss)
                except psutil.Error:
                    continue
            time.sleep(_EVERY_SECONDS)
    except psutil.Error:
        return


def machine() -> str:
    """A line about where this ran."""
    memory = psutil.virtual_memory().total / 1e9
    return f"{os.cpu_count()} cores, {memory:.0f} GB, Python {sys.version.split()[0]}"
