"""A proxy before DynamoDB that holds the first write back, as a slow answer of the network may."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

_WRITE = "DynamoDB_20120810.BatchWriteItem"
_SECONDS = 30


class HoldingProxy(ThreadingHTTPServer):
    """Passes requests on. The first write waits until a later one has been answered, or for `patience` seconds.

    `writes` is how many have come; `answered`, their numbers in the order in which they were answered.
    """

    daemon_threads = True

    def __init__(self, target: str, patience: float) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.target = urlsplit(target).netloc
        self.patience = patience
        self.lock = threading.Lock()
        self.writes = 0
        self.answered: list[int] = []
        self.is_overtaken = threading.Event()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


@contextmanager
def holding(target: str, patience: float) -> Iterator[HoldingProxy]:
    """The proxy, as long as the block lasts."""
    with HoldingProxy(target, patience) as proxy:
        thread = threading.Thread(target=proxy.serve_forever, daemon=True)
        thread.start()
        try:
            yield proxy
        finally:
            proxy.is_overtaken.set()
            proxy.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    server: HoldingProxy
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers["X-Amz-Target"] != _WRITE:
            self._pass_on(body)
            return
        proxy = self.server
        with proxy.lock:
            proxy.writes += 1
            number = proxy.writes
        if number == 1:
            proxy.is_overtaken.wait(proxy.patience)
        self._pass_on(body)
        proxy.answered.append(number)
        if number > 1:
            proxy.is_overtaken.set()

    def _pass_on(self, body: bytes) -> None:
        onward = http.client.HTTPConnection(self.server.target, timeout=_SECONDS)
        try:
            onward.request("POST", self.path, body, dict(self.headers))
            answer = onward.getresponse()
            content = answer.read()
        finally:
            onward.close()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("server", "date", "connection", "content-length", "transfer-encoding"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: tests say what is wrong."""
