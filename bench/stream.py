"""`make bench-stream`: events a second of the Flink applications, on RocksDB and on heap, against two rivals.

Rivals: plain SESSION SQL, and the same sessions as a Python function of the DataStream API. Input: two files of clicks
in the order of time, of so many users that nine of ten events are a session of their own: the worst case for state.
Each form is a process of its own; it is believed only if it makes the same of the events as the others do. Then: what
an open session and a remembered event_id cost in a checkpoint, and how long an event takes from Kinesis to DynamoDB.

Runs in the jobs environment, the forms in that of the streams. Exit code 1 where forms disagree.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.stream_input import FILES, write_events
from lake.stream.apps import apps_folder
from lake.stream.environment import java_home, streams_python
from lake.stream.jar import connectors_jar

BACKENDS = ("rocksdb", "hashmap")
PYTHON = "sessions, Python"
SESSIONS = ("sessions", "sessions, distinct", "sessions, plain SQL", PYTHON)
COUNTS = ("counts", "counts, distinct", "counts, plain SQL")
AIMS = {  # events a second, as the issue has them
    ("sessions", "rocksdb"): 100_000,
    ("sessions", "hashmap"): 150_000,
    ("counts", "rocksdb"): 400_000,
    ("counts", "hashmap"): 400_000,
}
AIM_OVER_PYTHON = 3.0
_FORM_SECONDS = 1800


@dataclass(frozen=True)
class Result:
    """One form on one backend: what it found in few events, and what all of them cost without a job's start."""

    form: str
    backend: str
    found: dict[str, int]
    events: int
    wall: float
    cpu: float

    @property
    def rate(self) -> float:
        """Events a second of wall."""
        return self.events / self.wall

    @property
    def rate_cpu(self) -> float:
        """Events a CPU second; 0 where that could not be seen."""
        return self.events / self.cpu if self.cpu > 0 else 0.0


@dataclass(frozen=True)
class Streams:
    """How forms are started: the streams' Python, a Java that it runs on, the operators' jar."""

    python: Path
    java: Path
    jar: Path

    @classmethod
    def found(cls) -> Streams:
        """What is on this machine; the jar is built where it has to be."""
        return cls(streams_python(), java_home(), connectors_jar(apps_folder(), _say))

    def said(self, module: str, *options: str | Path) -> dict[str, Any]:
        """The JSON line that a module ends with. Raises RuntimeError with what it said, where it fails."""
        words = [self.python, "-m", module, *options, "--jar", self.jar]
        root = Path(__file__).resolve().parents[1]
        environment = {
            **os.environ,
            "JAVA_HOME": str(self.java),
            "PYTHONPATH": str(root),
            "PYTHONWARNINGS": "ignore",  # PyFlink's own libraries are warned of what is not ours to change
        }
        ended = subprocess.run(
            words, cwd=root, env=environment, capture_output=True, text=True, timeout=_FORM_SECONDS, check=False
        )
        if ended.returncode != 0:
            raise RuntimeError(f"running {module} {' '.join(map(str, options))}: {ended.stdout}{ended.stderr}")
        said: dict[str, Any] = json.loads(ended.stdout.strip().splitlines()[-1])
        return said


def results(streams: Streams, asked: argparse.Namespace, folder: Path) -> Iterator[Result]:
    """Each form on each backend, as it is measured."""
    inputs = {"all": asked.events, "some": asked.events // 25, "few": asked.events // 50, "none": 2}
    for name, events in inputs.items():
        write_events(folder / name, max(2, events), 1 if name == "few" else FILES)
    for backend in BACKENDS:
        for form in (*SESSIONS, *COUNTS):
            if asked.only and not f"{form}, {backend}".startswith(tuple(asked.only)):
                continue
            is_python = form == PYTHON  # so slow that it gets fewer events, and does not have to be warmed up
            every = "some" if is_python else "all"
            options = ("--python-mode", asked.python_mode) if is_python else ("--warm",)
            folders = ("--all", folder / every, "--few", folder / "few", "--none", folder / "none")
            said = streams.said("bench.stream_forms", form, "--backend", backend, *options, *folders)
            run, start = said["run"], said["start"]
            wall = max(run["wall"] - start["wall"], 0.001)
            yield Result(form, backend, said["found"], inputs[every], wall, run["cpu"] - start["cpu"])


def disagreements(found: list[Result]) -> list[str]:
    """Forms that made something else of the same events than the first of their kind."""
    wrong = []
    for kind in (SESSIONS, COUNTS):
        of_kind = [result for result in found if result.form in kind]
        wrong += [
            f"{result.form}, {result.backend}: {result.found}; {of_kind[0].form}: {of_kind[0].found}"
            for result in of_kind[1:]
            if result.found != of_kind[0].found
        ]
    return wrong


def ratios(found: list[Result]) -> Iterator[str]:
    """Lines that compare with the rivals and the aims."""
    by_name = {(result.form, result.backend): result for result in found}
    for (form, backend), result in by_name.items():
        if form not in {"sessions", "counts"}:
            continue
        aim = AIMS[form, backend]
        line = f"{form}, {backend}: {result.rate:,.0f} events/s; the aim, {aim:,}, is {_met(result.rate >= aim)}"
        for rival in (f"{form}, plain SQL", f"{form}, Python"):
            other = by_name.get((rival, backend))
            if other:
                line += f"; {result.rate / other.rate:.2f} times {rival.partition(', ')[2]}"
                if other.rate_cpu:
                    line += f" ({result.rate_cpu / other.rate_cpu:.2f} by CPU)"
                if rival.endswith("Python"):
                    line += f", the aim, {AIM_OVER_PYTHON:.0f}, is {_met(result.rate / other.rate >= AIM_OVER_PYTHON)}"
        yield line


def _met(is_met: bool) -> str:
    return "met" if is_met else "missed"


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main() -> int:
    """Parse the options, measure form by form, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--only", nargs="*", default=[], help='only forms that begin so, such as "sessions, rocksdb"')
    parser.add_argument("--python-mode", choices=("process", "thread"), default="process", help="of the Python rival")
    parser.add_argument("--no-state", action="store_true", help="leave out the size of the state")
    parser.add_argument("--no-latency", action="store_true", help="leave out the time from Kinesis to DynamoDB")
    parser.add_argument("--probes", type=int, default=120, help="how many events are timed to DynamoDB")
    parser.add_argument("--json", action="store_true", help="print one JSON object at the end")
    asked = parser.parse_args()
    began = time.monotonic()
    streams = Streams.found()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; {asked.events:,} events, parallelism 2", flush=True)
    found: list[Result] = []
    print(f"{'':32}{'events/s':>10}{'events/CPU s':>14}{'wall s':>9}{'CPU s':>8}")
    with tempfile.TemporaryDirectory(prefix="bench-stream-") as temporary:
        for result in results(streams, asked, Path(temporary)):
            found.append(result)
            name = f"{result.form}, {result.backend}"
            numbers = f"{result.rate:>10,.0f}{result.rate_cpu:>14,.0f}{result.wall:>9.1f}{result.cpu:>8.1f}"
            print(f"{name:32}{numbers}", flush=True)
    wrong = disagreements(found)
    print(*([f"DIFFERENT: {line}" for line in wrong] or ["all forms make the same sessions and counts"]), sep="\n")
    print(*ratios(found), sep="\n", flush=True)
    more: dict[str, dict[str, float]] = {}
    if not asked.no_state:
        more["state"] = streams.said("bench.stream_state", "--keys", str(asked.events // 5))
        for what, size in more["state"].items():
            print(f"state of one {what}: {size:.0f} bytes of a full checkpoint", flush=True)
    if not asked.no_latency:
        from bench.stream_latency import AIM_SECONDS, latency

        more["latency"] = spread = latency(streams.jar, asked.probes)
        print(
            f"put to DynamoDB item, {spread['rate']:,.0f} records/s, {spread['probes']} probes: median "
            f"{spread['p50']:.2f} s, p99 {spread['p99']:.2f} s, at most {spread['max']:.2f} s; the aim, p99 under "
            f"{AIM_SECONDS:.0f} s, is {_met(spread['p99'] < AIM_SECONDS)}",
            flush=True,
        )
    print(f"{time.monotonic() - began:.0f} s in all, load {os.getloadavg()[0]:.1f}")
    if asked.json:
        print(json.dumps({"forms": [result.__dict__ for result in found], **more}))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
