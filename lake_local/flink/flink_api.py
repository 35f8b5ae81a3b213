"""What a running Flink says of itself: its REST API, as far as it is needed here."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterable
from typing import Any

from lake.stream.errors import ClusterError

_SECONDS = 10.0
_LONGEST_QUERY = 4000  # characters; Flink's server refuses longer lines


class FlinkApi:
    """The API of one cluster, at http://127.0.0.1:PORT. Every method raises NotAnswered where nobody does."""

    def __init__(self, port: int) -> None:
        self.address = f"http://127.0.0.1:{port}"

    def get(self, path: str) -> Any:
        """What a GET answers, read as JSON. Raises ClusterError for an answer that is an error."""
        return self._asked(path, "GET")

    def task_managers(self) -> list[str]:
        """Ids of the task managers that have registered."""
        return [manager["id"] for manager in self.get("/taskmanagers")["taskmanagers"]]

    def job_state(self, job: str) -> str:
        """RUNNING, RESTARTING, FAILED ... of a job."""
        return str(self.get(f"/jobs/{job}")["state"])

    def is_working(self, job: str) -> bool:
        """Whether a job runs with all its tasks: its state is RUNNING already while tasks are being started."""
        answer = self.get(f"/jobs/{job}")
        return answer["state"] == "RUNNING" and all(vertex["status"] == "RUNNING" for vertex in answer["vertices"])

    def failure(self, job: str) -> str:
        """The first lines of what a job failed of last, or nothing."""
        entries = self.get(f"/jobs/{job}/exceptions").get("exceptionHistory", {}).get("entries", [])
        return "\n".join(entries[0]["stacktrace"].splitlines()[:12]) if entries else ""

    def completed_checkpoints(self, job: str) -> int:
        """How many checkpoints a job has completed since its job manager started."""
        return int(self.get(f"/jobs/{job}/checkpoints")["counts"]["completed"])

    def metrics(self, job: str, names: Iterable[str], how: str = "sum") -> dict[str, float]:
        """Operators' metrics over all their tasks (`how`: sum, max, min), by the last part of their names.

        A metric that several operators have is put together in the same way; one that none has is left out.
        """
        found: dict[str, list[float]] = {}
        wanted = set(names)
        for vertex in self.get(f"/jobs/{job}")["vertices"]:
            path = f"/jobs/{job}/vertices/{vertex['id']}/subtasks/metrics"
            ids = [entry["id"] for entry in self.get(path)]
            for some in _few([name for name in ids if name.rpartition(".")[2] in wanted]):
                query = urllib.parse.urlencode({"get": ",".join(some), "agg": how})
                for entry in self.get(f"{path}?{query}"):
                    found.setdefault(entry["id"].rpartition(".")[2], []).append(float(entry[how]))
        together: dict[str, Callable[[list[float]], float]] = {"sum": sum, "max": max, "min": min}
        return {name: together[how](values) for name, values in found.items()}

    def cancel(self, job: str) -> None:
        """Ends a job; its last checkpoint stays."""
        self._asked(f"/jobs/{job}", "PATCH")

    def _asked(self, path: str, method: str) -> Any:
        request = urllib.request.Request(self.address + path, method=method)  # noqa: S310 # an address of ours
        try:
            with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310 # an address of ours
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            message = error.read().decode(errors="replace").strip()[:500]
            if error.code == 503:  # no job manager leads at the moment
                raise NotAnswered(f"asking Flink for {request.full_url}: {message}") from None
            raise ClusterError(f"asking Flink for {request.full_url}: {error.code}, {message}") from None
        except (OSError, ValueError) as error:
            raise NotAnswered(f"asking Flink for {request.full_url}: no answer ({error})") from None


class NotAnswered(ClusterError):  # noqa: N818 # says what happened
    """No job manager answers: it is gone, not up yet, or not in charge yet. Asking again may help."""


def _few(names: list[str]) -> Iterable[list[str]]:
    """Names in portions that fit into one request."""
    portion: list[str] = []
    for name in names:
        if portion and sum(map(len, portion)) + len(name) > _LONGEST_QUERY // 2:
            yield portion
            portion = []
        portion.append(name)
    if portion:
        yield portion
