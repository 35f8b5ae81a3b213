"""Flink as the streams environment carries it: its jars, and how its programs are started without its shell scripts."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from lake.stream.environment import java_home, streams_python
from lake.stream.errors import StreamSetupError

ZOOKEEPER = "org.apache.flink.runtime.zookeeper.FlinkZooKeeperQuorumPeer"
JOB_MANAGER = "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint"
TASK_MANAGER = "org.apache.flink.runtime.taskexecutor.TaskManagerRunner"
CLIENT = "org.apache.flink.client.cli.CliFrontend"

_OPENED = re.compile(r"^\s+all: (--add-.*)$", re.MULTILINE)
# What the user set for another Flink is not this one's.
_NOT_PASSED_ON = ("PYFLINK_GATEWAY_PORT", "PYTHONHOME", "PYTHONPATH", "IS_LOCAL", "LAKE_FLINK_JAR")


@dataclass(frozen=True)
class FlinkHome:
    """The folder of PyFlink, the Python that has it, and a Java that it runs on."""

    folder: Path
    python: Path
    java: Path

    @classmethod
    def found(cls) -> FlinkHome:
        """What is on this machine. Raises StreamSetupError, saying what to install."""
        python = streams_python()
        for folder in (python.parents[1] / "lib").glob("python*/site-packages/pyflink"):
            return cls(folder, python, java_home())
        raise StreamSetupError(f"starting Flink: {python} has no apache-flink; run `make setup-streams`")

    def words(self, program: str, options: list[str], log: Path, settings: Path) -> list[str]:
        """The command of one of Flink's programs, without its own arguments; `settings` is a log4j file."""
        return [
            str(self.java / "bin" / "java"),
            *options,
            *self._opened(),
            f"-Dlog.file={log}",
            f"-Dlog4j.configurationFile={settings.as_uri()}",
            "-classpath",
            str(self.folder / "lib" / "*"),
            program,
        ]

    def environment(self, conf: Path, logs: Path, temporary: Path) -> dict[str, str]:
        """The environment of Flink's programs."""
        passed_on = {name: value for name, value in os.environ.items() if name not in _NOT_PASSED_ON}
        return passed_on | {
            "JAVA_HOME": str(self.java),
            "FLINK_HOME": str(self.folder),
            "FLINK_BIN_DIR": str(self.folder / "bin"),
            "FLINK_LIB_DIR": str(self.folder / "lib"),
            "FLINK_OPT_DIR": str(self.folder / "opt"),
            "FLINK_PLUGINS_DIR": str(self.folder / "plugins"),
            "FLINK_CONF_DIR": str(conf),
            "FLINK_LOG_DIR": str(logs),
            "TMPDIR": str(temporary),
            "JAVA_TOOL_OPTIONS": f"{os.environ.get('JAVA_TOOL_OPTIONS', '')} -Djava.io.tmpdir={temporary}".strip(),
            "PYTHONWARNINGS": "ignore",  # PyFlink's own libraries are warned of what is not ours to change
        }

    def _opened(self) -> list[str]:
        """Packages of Java that Flink needs opened, as its own settings list them."""
        match = _OPENED.search((self.folder / "conf" / "config.yaml").read_text(encoding="utf-8"))
        return match[1].split() if match else []
