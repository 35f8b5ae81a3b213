"""Signed forms: where an object lies, how large it may be and of what type is not the caller's to say."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
import urllib3

from infra.functions.upload_urls import handler
from infra.functions.upload_urls.handler import SettingsError

TABLE, FOLDER = "clickstream.events_v1", "lake/raw/clickstream/events/dt=%Y-%m-%d-%H"


@pytest.fixture(autouse=True)
def bucket(aws: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    boto3.client("s3").create_bucket(Bucket="data")
    monkeypatch.setenv("BUCKET", "data")
    monkeypatch.setenv("UPLOADS", json.dumps({TABLE: {"folder": FOLDER}}))
    handler.s3_client.cache_clear()
    yield "data"
    handler.s3_client.cache_clear()


def ask(table: str = TABLE, body: Any = None, **fields: Any) -> tuple[int, dict[str, Any]]:
    text = None if body is None else body if isinstance(body, str) else json.dumps(body)
    event = {"version": "2.0", "routeKey": "POST /uploads/{table}", "pathParameters": {"table": table}, "body": text}
    answer = handler.handler({**event, **fields}, None)
    assert answer["headers"]["content-type"] == "application/json"
    return answer["statusCode"], json.loads(answer["body"])


def policy_of(form: dict[str, Any]) -> dict[str, Any]:
    policy: dict[str, Any] = json.loads(base64.b64decode(form["fields"]["policy"]))
    return policy


def test_an_object_is_uploaded_into_the_folder_of_the_hour_under_a_key_that_is_made_here() -> None:
    before = datetime.now(UTC)
    status, form = ask(body={"content_type": "application/x-ndjson"})
    assert status == 201
    content = b'{"event_id":"e1"}\n'
    sent = urllib3.request("POST", form["url"], fields={**form["fields"], "file": ("clicks", content)})
    assert sent.status == 204
    assert form["key"].rpartition("/")[0] in {at.strftime(FOLDER) for at in (before, datetime.now(UTC))}
    stored = boto3.client("s3").get_object(Bucket="data", Key=form["key"])
    assert stored["Body"].read() == content
    assert ask()[1]["key"] != form["key"]


def test_the_form_holds_s3_to_key_type_and_size_for_five_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAX_BYTES", "1000")
    _, form = ask(body={"content_type": "text/csv"})
    policy = policy_of(form)
    for condition in ({"Content-Type": "text/csv"}, ["content-length-range", 1, 1000], {"key": form["key"]}):
        assert condition in policy["conditions"]
    assert {"bucket": "data"} in policy["conditions"]
    ends = datetime.fromisoformat(policy["expiration"]) - datetime.now(UTC)
    assert timedelta(seconds=240) < ends <= timedelta(seconds=300)
    assert form["expires_in"] == 300


def test_without_a_body_the_type_is_that_of_any_bytes_and_the_size_a_hundred_mebibytes() -> None:
    conditions = policy_of(ask()[1])["conditions"]
    assert {"Content-Type": "application/octet-stream"} in conditions
    assert ["content-length-range", 1, 100 * 1024 * 1024] in conditions


def test_a_body_in_base64_is_read() -> None:
    body = base64.b64encode(b'{"content_type": "text/csv"}').decode()
    assert ask(body=body, isBase64Encoded=True)[1]["fields"]["Content-Type"] == "text/csv"


@pytest.mark.parametrize(
    ("table", "body", "status", "message"),
    [
        ("taxi.trips_v1", None, 404, "table 'taxi.trips_v1' takes no uploads; expected one of clickstream.events_v1"),
        ("../curated", None, 404, "table '../curated' takes no uploads; expected one of clickstream.events_v1"),
        (TABLE, "{", 400, 'expected a JSON object, e.g. {"content_type": "application/x-ndjson"}'),
        (TABLE, [], 400, 'expected a JSON object, e.g. {"content_type": "application/x-ndjson"}'),
        (TABLE, {"content_type": "text/html"}, 400, "content_type: expected one of application/octet-stream, "),
        (TABLE, {"content_type": ["text/csv"]}, 400, "content_type: expected one of application/octet-stream, "),
    ],
)
def test_a_wrong_request_is_told_what_is_expected(table: str, body: Any, status: int, message: str) -> None:
    answered, said = ask(table, body)
    assert answered == status
    assert said["message"].startswith(message)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("BUCKET", "", "BUCKET is not set"),
        ("UPLOADS", "", "UPLOADS is not set"),
        ("UPLOADS", "[]", "UPLOADS must be a JSON object, by table, of folder"),
        ("UPLOADS", '{"clickstream.events_v1": {}}', "UPLOADS must be a JSON object, by table, of folder"),
        ("MAX_BYTES", "1e9", "MAX_BYTES: expected a whole number above 0, got '1e9'"),
        ("URL_SECONDS", "0", "URL_SECONDS: expected a whole number above 0, got '0'"),
    ],
)
def test_a_wrong_setting_is_named(name: str, value: str, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as raised:
        ask()
    assert message in str(raised.value)
