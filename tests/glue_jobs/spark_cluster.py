"""A Spark standalone cluster from pyspark's own wheel: a master and two workers, each a process that can be killed."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pyspark

from lake.jobs.runtime import find_java

_SPARK = Path(pyspark.__file__).parent
_HOSTS = ("127.0.0.1", "127.0.0.2")
"""A worker to a host: Spark does not give a task's second attempt to the host of the first."""


class Cluster:
    """`master` is its address; `log` the folder in which its processes write what they say."""

    def __init__(self, log: Path) -> None:
        find_java()
        with socket.socket() as probe:
            probe.bind((_HOSTS[0], 0))
            port = probe.getsockname()[1]
        self.log, self.master = log, f"spark://{_HOSTS[0]}:{port}"
        self._processes: list[subprocess.Popen[bytes]] = []
        self._start("master", "master.Master", "--host", _HOSTS[0], "--port", str(port))
        self._await("the master", lambda: _answers(port))
        self.workers = [self._worker(number, host) for number, host in enumerate(_HOSTS)]
        self._await("two workers", lambda: (log / "master").read_text().count("Registering worker") == 2)

    def kill(self, worker: int) -> None:
        """SIGKILL a worker, its executors, and their Python processes."""
        process = self.workers[worker]
        for pid in [process.pid, *descendants(process.pid)]:
            os.kill(pid, signal.SIGKILL)
        process.wait()

    def stop(self) -> None:
        for process in reversed(self._processes):
            if process.poll() is None:
                process.terminate()
        for process in self._processes:
            process.wait(30)

    def _worker(self, number: int, host: str) -> subprocess.Popen[bytes]:
        where = ["--host", host, "--cores", "1", "--memory", "1g", "--work-dir", str(self.log / f"work-{number}")]
        return self._start(f"worker-{number}", "worker.Worker", *where, self.master)

    def _start(self, name: str, main: str, *words: str) -> subprocess.Popen[bytes]:
        command = [str(_SPARK / "bin" / "spark-class"), f"org.apache.spark.deploy.{main}", "--webui-port", "0", *words]
        environment = os.environ | {"SPARK_HOME": str(_SPARK), "SPARK_NO_DAEMONIZE": "1", "SPARK_DAEMON_MEMORY": "256m"}
        with (self.log / name).open("wb") as log:
            process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env=environment)
        self._processes.append(process)
        return process

    def _await(self, what: str, is_there: Callable[[], bool]) -> None:
        until(is_there, 90, f"{what} in {self.log}")


@contextmanager
def cluster(log: Path) -> Iterator[Cluster]:
    """A cluster that is up, and that is stopped at the end."""
    started = Cluster(log)
    try:
        yield started
    finally:
        started.stop()


def until(is_so: Callable[[], object], seconds: float, what: str) -> None:
    """Wait until it is so; fails, naming what was awaited, after that many seconds."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, f"waited {seconds} s for {what}"
        time.sleep(0.05)


def descendants(pid: int) -> list[int]:
    """All processes below one, parents first."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            parent = _parent(entry)
            children.setdefault(parent, []).append(int(entry.name))
    found = list(children.get(pid, []))
    for one in found:
        found += children.get(one, [])
    return found


def _parent(entry: Path) -> int:
    try:
        return int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
    except OSError:
        return -1  # it has ended


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((_HOSTS[0], port)) == 0
