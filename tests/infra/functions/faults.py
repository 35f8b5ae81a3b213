"""A server between a client and an emulator that hands calls on, and fails some as networks and services do."""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal

Fault = Literal["drop", "lose_answer", "hang"]


@dataclass
class Faults:
    """What is to happen to calls by their number, from 0: never taken, taken and not answered, or held for ever.

    `answer` may answer a call itself, from its operation (X-Amz-Target) and its body: an HTTP status and a body.
    """

    endpoint: str
    by_call: dict[int, Fault] = field(default_factory=dict)
    calls: int = 0
    answer: Callable[[str, bytes], tuple[int, bytes] | None] = lambda operation, body: None


@contextmanager
def faulty(target: str) -> Iterator[Faults]:
    """A server on a free port that stands before `target`."""
    released = threading.Event()
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    faults = Faults(f"http://127.0.0.1:{server.server_address[1]}")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            fault = faults.by_call.get(faults.calls)
            faults.calls += 1
            if fault in ("drop", "hang"):
                self.close_connection = True
                if fault == "hang":
                    released.wait()
                return
            if own := faults.answer(self.headers.get("X-Amz-Target", "").rpartition(".")[2], body):
                self._answer(*own)
                return
            headers = {name: value for name, value in self.headers.items() if name != "Host"}
            request = urllib.request.Request(target + self.path, body, headers, method="POST")
            try:
                with urllib.request.urlopen(request) as answer:
                    status, content = answer.status, answer.read()
            except urllib.error.HTTPError as error:
                status, content = error.code, error.read()
            if fault == "lose_answer":
                self.close_connection = True
            else:
                self._answer(status, content)

        def _answer(self, status: int, content: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server.RequestHandlerClass = Handler
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield faults
    finally:
        released.set()
        server.shutdown()
        server.server_close()
        thread.join()
