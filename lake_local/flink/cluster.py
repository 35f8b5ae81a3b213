"""A Flink cluster of several processes on this machine, whose processes can be killed as on a real one.

The processes are Flink's own, from the streams environment: ZooKeeper, a job manager, task managers. A job manager that
was killed and started again finds its jobs in ZooKeeper, and their last checkpoints in a folder, as on the managed
service; a task manager that was killed has its work restarted from the last checkpoint once there are slots for it.
"""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from lake.flink.properties import GROUP
from lake.stream.errors import AppFailed, ClusterError
from lake.stream.package import RUN_OPTIONS, unpack
from lake_local.flink.cluster_files import MEMORY, ClusterFiles
from lake_local.flink.flink_api import FlinkApi, NotAnswered
from lake_local.flink.flink_home import CLIENT, JOB_MANAGER, TASK_MANAGER, ZOOKEEPER, FlinkHome
from lake_local.flink.messages import message_of
from lake_local.subprocesses import Process, ProcessGroup

# A short-lived process does not win back the cost of better compiled code.
_SMALL_JVM = ["-Xms32m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
_START_SECONDS = 120.0
_SUBMIT_SECONDS = 240.0
_POLL_SECONDS = 0.2
_SUBMITTED = re.compile(r"Job has been submitted with JobID ([0-9a-f]{32})")


class StandaloneCluster:
    """A context manager: `task_managers` of `slots` each; all its processes end with it, or with this process.

    `folder` must be empty or absent; without one, a temporary folder is used and removed. `settings` are Flink's, over
    those of lake_local.flink.cluster_files. Raises StreamSetupError (what to install), and ClusterError if Flink
    does not start.
    """

    def __init__(
        self,
        folder: Path | None = None,
        *,
        task_managers: int = 2,
        slots: int = 1,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self._is_temporary = folder is None
        self._given_folder = folder
        self._counts = (task_managers, slots)
        self._settings = dict(settings or {})
        self._task_managers: list[Process | None] = [None] * task_managers
        self._job_manager: Process | None = None
        self._started = 0

    def __enter__(self) -> StandaloneCluster:
        self._home = FlinkHome.found()
        self.folder = (self._given_folder or Path(tempfile.mkdtemp(prefix="lake-flink-"))).absolute()
        self.files = ClusterFiles(self.folder)
        rest, zookeeper = _free_ports(2)
        self.api = FlinkApi(rest)
        self.files.write({**self.files.settings(*self._counts, rest, zookeeper), **self._settings}, zookeeper)
        self._processes = ProcessGroup()
        try:
            arguments = ["--zkConfigFile", str(self.files.zookeeper_settings), "--peerId", "1"]
            self._start("zookeeper", ZOOKEEPER, [*_SMALL_JVM, "-Xmx64m"], arguments)
            self.start_job_manager()
            for at in range(len(self._task_managers)):
                self.start_task_manager(at)
            self.wait_until(self._is_up, "Flink to start", _START_SECONDS)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def address(self) -> str:
        """The address of Flink's API and its pages, http://127.0.0.1:PORT."""
        return self.api.address

    @property
    def task_manager_processes(self) -> list[int]:
        """The process ids of the task managers that are alive."""
        return [child.pid for child in self._task_managers if child is not None and child.poll() is None]

    def submit(
        self,
        package: Path,
        properties: Mapping[str, str],
        *,
        settings: Mapping[str, str] | None = None,
        from_checkpoint: Path | None = None,
    ) -> str:
        """Start an application's zip with the run options of the managed service; returns the job's id.

        `properties` are the application's, `settings` Flink's for this job alone. Raises AppFailed with the
        application's own message if it does not start.
        """
        self._started += 1
        folder = self.folder / "jobs" / f"{self._started}"
        main = unpack(package, folder / package.stem)
        properties_file = folder / "application_properties.json"
        properties_file.write_text(
            json.dumps([{"PropertyGroupId": GROUP, "PropertyMap": dict(properties)}]), encoding="utf-8"
        )
        words = [
            "run",
            "--detached",
            "--target",
            "remote",
            *(f"-D{name}={text}" for name, text in (settings or {}).items()),
        ]
        if from_checkpoint is not None:
            words += ["--fromSavepoint", str(from_checkpoint)]
        words += ["--pyClientExecutable", str(self._home.python), "--pyExecutable", str(self._home.python)]
        words += ["--python", RUN_OPTIONS["python"], "--jarfile", RUN_OPTIONS["jarfile"]]
        words += ["--pyFiles", RUN_OPTIONS["pyFiles"]]
        ended = subprocess.run(
            [*self._words(f"client-{self._started}", CLIENT, [*_SMALL_JVM, "-Xmx512m"]), *words],
            cwd=main.parent,
            env=self._environment() | {"LAKE_FLINK_PROPERTIES": str(properties_file)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=_SUBMIT_SECONDS,
        )
        submitted = _SUBMITTED.search(ended.stdout)
        if ended.returncode != 0 or submitted is None:
            raise AppFailed(message_of(package.stem, ended.returncode, ended.stderr + ended.stdout))
        return submitted[1]

    def start_job_manager(self) -> None:
        """Start one; it becomes leader when ZooKeeper notices that the previous one is gone, after some six seconds."""
        arguments = ["--configDir", str(self.files.conf)]
        self._job_manager = self._start("job-manager", JOB_MANAGER, [*_SMALL_JVM, "-Xmx384m"], arguments)

    def start_task_manager(self, at: int) -> None:
        """Start a task manager, numbered from 0."""
        arguments = ["--configDir", str(self.files.conf), "-D", f"taskmanager.resource-id=tm-{at}-{self._started}"]
        options = [*_SMALL_JVM, *MEMORY.java_options]
        self._task_managers[at] = self._start(f"task-manager-{at}", TASK_MANAGER, options, arguments)

    def kill_task_manager(self, at: int) -> None:
        """Kill a task manager with SIGKILL."""
        child = self._task_managers[at]
        if child is not None:
            self._processes.kill(child)

    def kill_job_manager(self) -> None:
        """Kill the job manager with SIGKILL."""
        if self._job_manager is not None:
            self._processes.kill(self._job_manager)

    def job_state(self, job: str) -> str:
        """RUNNING, RESTARTING, FAILED ... Raises NotAnswered while there is no leader."""
        return self.api.job_state(job)

    def is_working(self, job: str) -> bool:
        """Whether all tasks of a job run; False, too, while there is no leading job manager."""
        try:
            return self.api.is_working(job)
        except ClusterError:  # a job manager that has just started does not know the job yet
            return False

    def metrics(self, job: str, *names: str, how: str = "sum") -> dict[str, float]:
        """Metrics of operators by the last part of their names, e.g. sessionsOpen; how: sum, max or min over tasks."""
        return self.api.metrics(job, names, how)

    def latest_checkpoint(self, job: str) -> Path | None:
        """The folder of a job's last completed checkpoint, for `from_checkpoint`; None before there is one."""
        completed = self.files.checkpoints.glob(f"{job}/chk-*/_metadata")
        return max(
            (path.parent for path in completed), key=lambda path: int(path.name.removeprefix("chk-")), default=None
        )

    def cancel(self, job: str) -> None:
        """Cancel a job; its last checkpoint stays."""
        self.api.cancel(job)

    def wait_until(self, condition: Callable[[], bool], what: str, seconds: float = 60.0) -> None:
        """Poll until `condition()` holds; no answer from Flink counts as False. Raises ClusterError after `seconds`."""
        deadline = time.monotonic() + seconds
        while True:
            with suppress(NotAnswered):
                if condition():
                    return
            if time.monotonic() > deadline:
                raise ClusterError(
                    f"timed out after {seconds:.0f} s waiting for {what}; the logs are in {self.files.logs}"
                    f"{self._last_error()}"
                )
            time.sleep(_POLL_SECONDS)

    def stop(self) -> None:
        """Kill all processes, and remove a temporary folder."""
        self._processes.close()
        if self._is_temporary:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _is_up(self) -> bool:
        if self._processes.has_ended:
            raise ClusterError(
                f"starting Flink: a process ended; the logs are in {self.files.logs}{self._last_error()}"
            )
        return len(self.api.task_managers()) == len(self._task_managers)

    def _start(self, name: str, program: str, options: list[str], arguments: list[str]) -> Process:
        self._started += 1
        words = [*self._words(f"{name}-{self._started}", program, options), *arguments]
        output = self.files.logs / f"{name}-{self._started}.out"
        return self._processes.start(words, self._environment(), self.folder, output)

    def _words(self, name: str, program: str, options: list[str]) -> list[str]:
        return self._home.words(program, options, self.files.logs / f"{name}.log", self.files.conf / "log4j.properties")

    def _environment(self) -> dict[str, str]:
        return self._home.environment(self.files.conf, self.files.logs, self.files.temporary)

    def _last_error(self) -> str:
        """The last error in the logs, if any."""
        logs = sorted(self.files.logs.iterdir(), key=lambda path: path.stat().st_mtime)
        lines = [line for path in logs for line in path.read_text(errors="replace").splitlines()]
        errors = [line for line in lines if " ERROR " in line or line.startswith(("Error", "Caused by: "))]
        return f": {errors[-1].strip()[:500]}" if errors else ""


def _free_ports(count: int) -> list[int]:
    """Free ports, all different."""
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    try:
        return [int(probe.getsockname()[1]) for probe in probes]
    finally:
        for probe in probes:
            probe.close()
