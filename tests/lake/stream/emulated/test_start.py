"""At the start: what is absent, refused or does not answer is one clear message, before any job is submitted."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

from lake.stream.environment import java_home, streams_python
from lake.stream.package import unpack
from lake_local.emulators.clients import client
from lake_local.emulators.streams import create_stream
from tests.conftest import REPOSITORY

Said = Callable[[dict[str, str]], str]

KEY = (("EventName", "HASH"), ("EventHour", "RANGE"))

ASK = """
import json, sys
from lake.errors import LakeError
from lake.flink.program import environment
from lake.flink.properties import properties_of
from lake.flink.preflight import refuse_unreachable
from pathlib import Path
environment(Path(sys.argv[1]), False)
for line in sys.stdin:
    said = ""
    try:
        refuse_unreachable(properties_of(json.loads(line)), ("EventName", "EventHour"))
    except LakeError as error:
        said = str(error)
    print(json.dumps(said), flush=True)
"""


def cbor(texts: dict[str, str]) -> bytes:
    """A map of short texts as CBOR (RFC 8949, section 3.1), in which the SDK speaks to Kinesis."""
    words = [word.encode() for pair in texts.items() for word in pair]
    return bytes([0xA0 + len(texts)]) + b"".join(bytes([0x78, len(word)]) + word for word in words)


class Refusing(BaseHTTPRequestHandler):
    """Answers whatever is asked with one error of AWS's."""

    code: ClassVar[str]

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        kind = self.headers["Content-Type"]
        error = {"__type": self.code, "message": f"{self.code} it is"}
        answer = cbor(error) if "cbor" in kind else json.dumps(error).encode()
        self.send_response(400)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *args: object) -> None:
        """Says nothing."""


@pytest.fixture(scope="module")
def refusing() -> Iterator[dict[str, str]]:
    """Endpoints by the code that they answer with."""
    servers = {}
    for code in ("UnrecognizedClientException", "AccessDeniedException"):
        handler = type(code, (Refusing,), {"code": code})
        servers[code] = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=servers[code].serve_forever, daemon=True).start()
    yield {code: f"http://127.0.0.1:{server.server_address[1]}" for code, server in servers.items()}
    for server in servers.values():
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def silent() -> Iterator[str]:
    """An endpoint that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture(scope="module")
def nobody() -> str:
    """An endpoint where nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"http://127.0.0.1:{server.getsockname()[1]}"


@dataclass(frozen=True)
class Places:
    """Properties of streams and tables that are there."""

    kinesis: str
    aws: str
    source: str
    sink: str
    table: str
    other_table: str

    def given(self, **other: str) -> dict[str, str]:
        there = {"source": f"kinesis://{self.source}", "sink": f"kinesis://{self.sink}"}
        there |= {"late_sink": f"kinesis://{self.sink}", "quarantine_sink": f"kinesis://{self.sink}"}
        there |= {"kinesis_endpoint": self.kinesis, "firehose_endpoint": self.aws, "dynamodb_endpoint": self.aws}
        return there | other


@pytest.fixture(scope="module")
def places(kinesis_endpoint: str, kinesis: Any, aws_endpoint: str) -> Places:
    for stream in ("start-clicks", "start-out"):
        create_stream(kinesis, stream)
    dynamodb = client("dynamodb", aws_endpoint)
    for table, key in (("start-counts", KEY), ("start-other", KEY[:1])):
        dynamodb.create_table(
            TableName=table,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in key],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name, _ in key],
        )
    return Places(kinesis_endpoint, aws_endpoint, "start-clicks", "start-out", "start-counts", "start-other")


@pytest.fixture(scope="module")
def said(jar: Path) -> Iterator[Said]:
    """What is said of a set of properties; nothing, where all is there. One JVM for all tests."""
    words = [str(streams_python()), "-c", ASK, str(jar)]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "JAVA_HOME": str(java_home()), "IS_LOCAL": "1"}
    with subprocess.Popen(
        words, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        asked, answers = process.stdin, process.stdout

        def say(given: dict[str, str]) -> str:
            asked.write(json.dumps(given) + "\n")
            asked.flush()
            return str(json.loads(answers.readline()))

        yield say
        asked.close()


def absent(name: str, uri: str, noun: str, where: str) -> str:
    doing = "reading from" if name == "source" else "writing to"
    return f"{doing} {name} {uri}: {noun} not found at {where}; create it, or correct {name} or region"


def test_where_all_is_there_nothing_is_said(said: Said, places: Places) -> None:
    assert said(places.given()) == ""
    assert said(places.given(sink=f"dynamodb://{places.table}")) == ""


@pytest.mark.parametrize(
    ("name", "uri", "noun"),
    [
        ("source", "kinesis://absent", "stream"),
        ("sink", "kinesis://absent", "stream"),
        ("sink", "dynamodb://absent", "table"),
        ("late_sink", "firehose://absent", "delivery stream"),
        ("quarantine_sink", "kinesis://absent", "stream"),
    ],
)
def test_what_is_absent_is_named_with_its_property(said: Said, places: Places, name: str, uri: str, noun: str) -> None:
    where = places.kinesis if noun == "stream" else places.aws
    assert said(places.given(**{name: uri})) == absent(name, uri, noun, where)


def test_a_table_of_another_key_is_refused(said: Said, places: Places) -> None:
    assert said(places.given(sink=f"dynamodb://{places.other_table}")) == (
        f"writing to sink dynamodb://{places.other_table}: the table's key is EventName HASH S; expected EventName "
        "HASH S, EventHour RANGE S, where S is a string. Create a table with that key, and name it"
    )


@pytest.mark.parametrize(
    ("code", "shown", "do"),
    [
        ("UnrecognizedClientException", "invalid credentials", "Correct them, or the application's role"),
        ("AccessDeniedException", "access denied", "The application's role must allow {permission}"),
    ],
)
@pytest.mark.parametrize(
    ("name", "uri", "endpoint", "permission"),
    [
        ("source", "kinesis://start-clicks", "kinesis_endpoint", "kinesis:DescribeStreamSummary"),
        ("sink", "dynamodb://start-counts", "dynamodb_endpoint", "dynamodb:DescribeTable"),
        ("sink", "firehose://sessions", "firehose_endpoint", "firehose:DescribeDeliveryStream"),
    ],
)
def test_a_refusal_names_the_service_and_has_its_words(
    said: Said,
    places: Places,
    refusing: dict[str, str],
    code: str,
    shown: str,
    do: str,
    name: str,
    uri: str,
    endpoint: str,
    permission: str,
) -> None:
    found = said(places.given(**{name: uri, endpoint: refusing[code]}))
    doing = f"{'reading from' if name == 'source' else 'writing to'} {name} {uri}"
    assert found.startswith(f"{doing}: {shown} at {refusing[code]}: {code} it is")
    assert found.endswith(do.format(permission=permission))
    assert "\n" not in found


def test_what_does_not_answer_is_not_waited_for_without_end(
    said: Said, places: Places, silent: str, nobody: str
) -> None:
    table = f"dynamodb://{places.table}"
    first = said(places.given(kinesis_endpoint=nobody))
    second = said(places.given(sink=table, dynamodb_endpoint=silent))
    assert first.startswith(f"reading from source kinesis://{places.source}: no response at {nobody}: ")
    assert second.startswith(f"writing to sink {table}: no response at {silent}: ")
    for found in (first, second):
        assert found.endswith(". Check the network, the region and the endpoint")
        assert "\n" not in found


def test_the_deployed_zip_ends_with_the_message_and_nothing_else(
    packages: dict[str, Path], tmp_path: Path, places: Places
) -> None:
    main = unpack(packages["event_counts"], tmp_path / "event_counts")
    given = tmp_path / "properties.json"
    properties = places.given(sink="dynamodb://absent")
    given.write_text(json.dumps([{"PropertyGroupId": "lake", "PropertyMap": properties}]))
    environment = {**os.environ, "IS_LOCAL": "1", "LAKE_FLINK_PROPERTIES": str(given), "PYTHONWARNINGS": "ignore"}
    environment |= {"PYTHONPATH": str(main.parent / "python"), "JAVA_HOME": str(java_home()), "LAKE_FLINK_JAR": ""}
    ended = subprocess.run(
        [str(streams_python()), str(main)], env=environment, capture_output=True, text=True, check=False, timeout=300
    )
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    *_, last = ended.stderr.splitlines()
    assert last == f"event_counts: {absent('sink', 'dynamodb://absent', 'table', places.aws)}"
