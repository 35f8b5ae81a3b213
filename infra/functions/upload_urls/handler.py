"""A Lambda function behind POST /uploads/{table} of an HTTP API: a signed form to upload one raw object with.

The key is made here, so that no caller says where an object lies or overwrites one; the form holds S3 to it, to the
content type and to the size. A signed POST does so, a signed PUT would take any size. The object lands beside
Firehose's, in the folder of the hour of the request, and the table's job reads it as any other.

Body, all optional: content_type, one of TYPES. Answer: url and fields of the form, in which `file` comes last; key;
expires_in, in seconds.

Settings, in the environment: BUCKET; UPLOADS, a JSON object, by table: folder, the folder of an hour as strftime writes
it, in UTC, e.g. {"clickstream.events_v1": {"folder": "lake/raw/clickstream/events/dt=%Y-%m-%d-%H"}}; MAX_BYTES
(104857600) and URL_SECONDS (300).
"""

from __future__ import annotations

import base64
import json
import logging
import os
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError

LOG = logging.getLogger(__name__)
LOG.setLevel(logging.INFO)

TYPES = (
    "application/octet-stream",
    "application/x-ndjson",
    "application/json",
    "application/gzip",
    "text/csv",
    "text/plain",
)
"""Content types that a form may have, the default first. The job tells forms by an object's bytes, not by its type."""


class SettingsError(Exception):
    """The function's environment is not as it must be."""


class RequestError(Exception):
    """A request that is answered with a status of 4xx, and what was expected."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:  # noqa: ARG001 # Lambda's form
    """Answer an event of an HTTP API, payload format 2.0. Raises SettingsError."""
    try:
        return _answer(201, _form(event, datetime.now(UTC)))
    except RequestError as error:
        return _answer(error.status, {"message": str(error)})
    except BotoCoreError:
        LOG.exception("signing failed")
        return _answer(500, {"message": "the upload could not be signed; try again later"})


def _form(event: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    uploads = _uploads()
    table = (event.get("pathParameters") or {}).get("table", "")
    if table not in uploads:
        raise RequestError(404, f"table {table!r} takes no uploads; expected one of {', '.join(sorted(uploads))}")
    content_type = _content_type(event)
    key = f"{now.strftime(uploads[table])}/upload-{now:%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex}"
    seconds = _number("URL_SECONDS", 300)
    form = s3_client().generate_presigned_post(
        Bucket=_setting("BUCKET"),
        Key=key,
        Fields={"Content-Type": content_type},
        Conditions=[{"Content-Type": content_type}, ["content-length-range", 1, _number("MAX_BYTES", 104_857_600)]],
        ExpiresIn=seconds,
    )
    LOG.info("%s: %s is signed for %d seconds", table, key, seconds)
    return {**form, "key": key, "expires_in": seconds}


def _content_type(event: Mapping[str, Any]) -> str:
    text = event.get("body") or "{}"
    try:
        body = json.loads(base64.b64decode(text) if event.get("isBase64Encoded") else text)
        content_type = body.get("content_type", TYPES[0])
    except (ValueError, AttributeError) as error:
        raise RequestError(400, 'expected a JSON object, e.g. {"content_type": "application/x-ndjson"}') from error
    if content_type not in TYPES:
        raise RequestError(400, f"content_type: expected one of {', '.join(TYPES)}, got {content_type!r}")
    return str(content_type)


def _answer(status: int, body: Mapping[str, Any]) -> dict[str, Any]:
    headers = {"content-type": "application/json", "cache-control": "no-store"}
    return {"statusCode": status, "headers": headers, "body": json.dumps(body)}


@cache
def s3_client() -> Any:
    """Signatures of version 4, and the bucket's own host: a form that S3 answers with a redirect loses its file."""
    style: Any = {"addressing_style": "path" if os.environ.get("AWS_ENDPOINT_URL") else "virtual"}
    make: Any = boto3.client
    return make("s3", config=Config(signature_version="s3v4", s3=style))


def _uploads() -> dict[str, str]:
    try:
        return {table: entry["folder"].strip("/") for table, entry in json.loads(_setting("UPLOADS")).items()}
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise SettingsError(
            f"reading the function's environment: UPLOADS must be a JSON object, by table, of folder: {error!r}"
        ) from error


def _number(name: str, default: int) -> int:
    text = os.environ.get(name) or str(default)
    if not text.isdigit() or not int(text):
        raise SettingsError(
            f"reading the function's environment: {name}: expected a whole number above 0, got {text!r}"
        )
    return int(text)


def _setting(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        raise SettingsError(f"reading the function's environment: {name} is not set")
    return value
