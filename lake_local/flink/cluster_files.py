"""What a standalone Flink cluster reads: its settings, as files in a folder of its own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_HOST = "127.0.0.1"

_LOGGING = """
rootLogger.level = INFO
rootLogger.appenderRef.file.ref = File
appender.file.name = File
appender.file.type = File
appender.file.fileName = ${sys:log.file}
appender.file.layout.type = PatternLayout
appender.file.layout.pattern = %d{HH:mm:ss,SSS} %-5p %-60c %x - %m%n
logger.zookeeper.name = org.apache.flink.shaded.zookeeper3
logger.zookeeper.level = WARN
logger.curator.name = org.apache.flink.shaded.curator5
logger.curator.level = WARN
logger.unlocked.name = org.apache.flink.shaded.curator5.org.apache.curator.ConnectionState
logger.unlocked.level = OFF
"""


@dataclass(frozen=True)
class Memory:
    """A task manager's parts in megabytes, at most; two small jobs take some 700 in all.

    Metaspace is this large because a new job manager that takes over a job loads its classes again, some 25 MB, and
    the old ones stay: with 256 MB, a task manager ended after two job managers and five jobs.
    """

    framework: int = 128
    tasks: int = 192
    direct: int = 192
    network: int = 64
    managed: int = 128
    metaspace: int = 1024

    @property
    def java_options(self) -> list[str]:
        """As Flink's own start scripts compute them."""
        return [
            f"-Xmx{self.framework + self.tasks}m",
            f"-XX:MaxDirectMemorySize={self.direct + self.network}m",
            f"-XX:MaxMetaspaceSize={self.metaspace}m",
        ]

    @property
    def settings(self) -> dict[str, str]:
        """Memory options that Flink's start script would set for a task manager."""
        return {
            "taskmanager.memory.framework.heap.size": f"{self.framework}m",
            "taskmanager.memory.task.heap.size": f"{self.tasks}m",
            "taskmanager.memory.framework.off-heap.size": "128m",
            "taskmanager.memory.task.off-heap.size": f"{self.direct - 128}m",
            "taskmanager.memory.network.min": f"{self.network}m",
            "taskmanager.memory.network.max": f"{self.network}m",
            "taskmanager.memory.managed.size": f"{self.managed}m",
            "taskmanager.memory.jvm-metaspace.size": f"{self.metaspace}m",
            "taskmanager.memory.jvm-overhead.min": "128m",
            "taskmanager.memory.jvm-overhead.max": "128m",
        }


MEMORY = Memory()


@dataclass(frozen=True)
class ClusterFiles:
    """The folder of one cluster."""

    folder: Path

    @property
    def conf(self) -> Path:
        """Where Flink looks for its settings (FLINK_CONF_DIR)."""
        return self.folder / "conf"

    @property
    def logs(self) -> Path:
        """A log and an output file of each process."""
        return self.folder / "log"

    @property
    def temporary(self) -> Path:
        """Working folders of Flink's processes; a killed one leaves its own."""
        return self.folder / "tmp"

    @property
    def checkpoints(self) -> Path:
        """One folder a job, one below it a checkpoint."""
        return self.folder / "checkpoints"

    @property
    def zookeeper_settings(self) -> Path:
        """What ZooKeeper is started with."""
        return self.conf / "zoo.cfg"

    def write(self, settings: Mapping[str, str], zookeeper_port: int) -> None:
        """Makes the folders, and writes the settings."""
        for path in (self.conf, self.logs, self.temporary, self.checkpoints, self.folder / "zookeeper"):
            path.mkdir(parents=True, exist_ok=True)
        lines = [f"{name}: {json.dumps(value)}" for name, value in settings.items()]
        (self.conf / "config.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
        for name in ("log4j.properties", "log4j-cli.properties"):
            (self.conf / name).write_text(_LOGGING, encoding="utf-8")
        zookeeper = {
            "tickTime": "500",
            "dataDir": str(self.folder / "zookeeper"),
            "clientPort": str(zookeeper_port),
            "clientPortAddress": _HOST,
            "admin.enableServer": "false",
        }
        text = "".join(f"{name}={value}\n" for name, value in zookeeper.items())
        self.zookeeper_settings.write_text(text, encoding="utf-8")

    def settings(self, task_managers: int, slots: int, rest_port: int, zookeeper_port: int) -> dict[str, str]:
        """Flink's settings: as the managed service's (RocksDB, checkpoints, a job manager that another one replaces),
        but quick to notice that a process is gone.
        """
        return {
            "jobmanager.rpc.address": _HOST,
            "jobmanager.bind-host": _HOST,
            "rest.address": _HOST,
            "rest.bind-address": _HOST,
            "rest.port": str(rest_port),
            "taskmanager.host": _HOST,
            "taskmanager.bind-host": _HOST,
            "taskmanager.numberOfTaskSlots": str(slots),
            "taskmanager.cpu.cores": str(float(slots)),
            "taskmanager.load-balance.mode": "SLOTS",  # work on all of them
            **MEMORY.settings,
            "parallelism.default": str(task_managers * slots),
            "io.tmp.dirs": str(self.temporary),
            "web.tmpdir": str(self.temporary),
            "process.working-dir": str(self.temporary),
            "high-availability.type": "zookeeper",
            "high-availability.storageDir": (self.folder / "ha").as_uri(),
            "high-availability.zookeeper.quorum": f"{_HOST}:{zookeeper_port}",
            "high-availability.zookeeper.client.session-timeout": "6 s",
            "high-availability.zookeeper.client.tolerate-suspended-connections": "true",
            "heartbeat.interval": "1 s",
            "heartbeat.timeout": "8 s",
            "restart-strategy.type": "fixed-delay",
            "restart-strategy.fixed-delay.attempts": "1000000",
            "restart-strategy.fixed-delay.delay": "1 s",
            "execution.checkpointing.interval": "2 s",
            "execution.checkpointing.dir": self.checkpoints.as_uri(),
            "execution.checkpointing.externalized-checkpoint-retention": "RETAIN_ON_CANCELLATION",
            "execution.checkpointing.tolerable-failed-checkpoints": "100",
            "execution.checkpointing.incremental": "true",
            "state.backend.type": "rocksdb",
            "state.backend.rocksdb.log.dir": str(self.temporary),
            "metrics.fetcher.update-interval": "1 s",
        }
