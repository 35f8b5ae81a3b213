"""URIs of sources and sinks: kinesis://STREAM, firehose://STREAM, dynamodb://TABLE, or a folder."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from lake.flink.properties import PropertyError

_URI = re.compile(r"(?P<kind>[a-z0-9]+)://(?P<name>.*)")
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,255}")


@dataclass(frozen=True)
class Endpoint:
    """`kind` is kinesis, firehose, dynamodb or file; `name` is the stream's or table's, or the folder's path or URI."""

    kind: str
    name: str


def parse_endpoint(uri: str, property_name: str, kinds: tuple[str, ...]) -> Endpoint:
    """Parses the URI of a property. Raises PropertyError if it is not of one of `kinds`."""
    match = _URI.fullmatch(uri)
    kind = "file" if match is None or match["kind"] in ("file", "s3") else match["kind"]
    is_right = bool(uri) and kind in kinds and (kind == "file" or _NAME.fullmatch(match["name"]) is not None)  # type: ignore[index] # a kind other than file has matched
    if not is_right:
        spellings = ", ".join("a folder" if kind == "file" else f"{kind}://NAME" for kind in kinds)
        problem = f"invalid value {uri!r}" if uri else "not set"
        raise PropertyError(f"reading runtime property {property_name}: {problem}; expected {spellings}")
    if kind != "file":
        return Endpoint(kind, match["name"])  # type: ignore[index]
    return Endpoint("file", uri if match is not None and match["kind"] == "s3" else str(_local(uri)))


def _local(uri: str) -> Path:
    return Path(uri.removeprefix("file://")).expanduser().absolute()
