"""A command as a whole process: wall and CPU seconds, and the memory of its largest Python worker."""

from __future__ import annotations

import json
import os
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
    """`work` is wall without the session's start; `cpu` the seconds of all processes below.

    `worker_mb` is the peak resident memory of one Python process below (MB of 1,000,000 bytes); `tree_mb` that
    of all processes together, in which memory that two of them share counts twice; `said` the JSON line that the
    command ended with.
    """

    wall: float
    work: float
    cpu: float
    worker_mb: float
    tree_mb: float
    said: dict[str, Any]


def measure(command: list[str], environment: dict[str, str], log: Path) -> Measured:
    """Run the command once. Raises RuntimeError, naming the log, where it fails."""
    began = time.perf_counter()
    with log.open("ab") as errors:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, env={**os.environ, **environment})
        peaks: dict[int, int] = {}
        spent: dict[int, float] = {}
        trees: list[int] = []
        watcher = threading.Thread(target=_watch, args=(process.pid, peaks, spent, trees), daemon=True)
        watcher.start()
        output, _ = process.communicate()
    wall = time.perf_counter() - began
    watcher.join()
    if process.returncode != 0:
        raise RuntimeError(f"running {' '.join(command)}: exit code {process.returncode}; see {log}")
    said = json.loads(output.decode().strip().splitlines()[-1])
    work = wall - said.get("session", 0.0) - said.get("counting", 0.0)
    worker, tree = max(peaks.values(), default=0), max(trees, default=0)
    return Measured(wall, work, sum(spent.values()), worker / 1e6, tree / 1e6, said)


def _watch(pid: int, peaks: dict[int, int], spent: dict[int, float], trees: list[int]) -> None:
    """Sample every process below `pid`: a Spark worker is no child that can be waited for, so they are sampled."""
    try:
        root = psutil.Process(pid)
        while root.is_running() and root.status() != psutil.STATUS_ZOMBIE:
            children = root.children(recursive=True)
            tree = 0
            for process in [root, *children]:
                try:
                    times = process.cpu_times()
                    spent[process.pid] = times.user + times.system
                    is_driver = process.pid == pid and children
                    resident = process.memory_info().rss
                    tree += resident
                    if "python" in process.name() and not is_driver:
                        peaks[process.pid] = max(peaks.get(process.pid, 0), resident)
                except psutil.Error:
                    continue
            trees.append(tree)
            time.sleep(_EVERY_SECONDS)
    except psutil.Error:
        return


def machine() -> str:
    """A line about where this ran."""
    memory = psutil.virtual_memory().total / 1e9
    return f"{os.cpu_count()} cores, {memory:.0f} GB, Python {sys.version.split()[0]}"
