"""Whether streams and tables are there, asked before a job starts: once started, connectors try again for ever.

Asked with the AWS SDK, the credentials and the addresses of the connectors themselves (flink_apps/src, lake.aws.Reach).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lake.errors import LakeError
from lake.flink.connectors import aws_settings
from lake.flink.endpoints import Place, place_of
from lake.flink.jvm import java
from lake.flink.properties import Properties
from lake.flink.sinks import sink_places

_KINDS = ("dynamodb", "kinesis", "firehose", "file")

_ABSENT = {"ResourceNotFoundException"}
_DENIED = {"AccessDeniedException", "AccessDenied"}
_UNKNOWN = {  # Common errors of AWS's APIs: whoever asks is not known, or not as who they say they are
    "UnrecognizedClientException",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "IncompleteSignature",
    "IncompleteSignatureException",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "SignatureDoesNotMatch",
    "ExpiredToken",
    "ExpiredTokenException",
    "NotAuthorized",
    "OptInRequired",
}
_UNANSWERED = {
    "ConnectException",
    "HttpHostConnectException",
    "ConnectTimeoutException",
    "SocketTimeoutException",
    "SocketException",
    "UnknownHostException",
    "NoHttpResponseException",
    "SSLException",
    "SSLHandshakeException",
}


class Unreachable(LakeError):  # noqa: N818 # says what it is
    """A stream or a table that is absent, refused, or does not answer; the message names its property and URI."""


@dataclass(frozen=True)
class _Service:
    """What a service calls its thing, how Reach asks for it, and the permission that this takes."""

    noun: str
    method: str
    permission: str


_SERVICES = {
    "kinesis": _Service("stream", "stream", "kinesis:DescribeStreamSummary"),
    "firehose": _Service("delivery stream", "deliveryStream", "firehose:DescribeDeliveryStream"),
    "dynamodb": _Service("table", "table", "dynamodb:DescribeTable"),
}


def refuse_unreachable(properties: Properties, key: Sequence[str] = ()) -> None:
    """Raises Unreachable for the first of source and sinks that cannot be used; takes half a minute at most for each.

    `key` are the columns that a table as sink must have as its key, in their order. Folders are not asked for: their
    connector says at once what is wrong with them.
    """
    for name, place in _places(properties):
        if place.kind != "file":
            _ask(name, place, properties, key)


def _places(properties: Properties) -> Iterator[tuple[str, Place]]:
    """The source and the sinks, each with the property that names it; what is named twice, once."""
    source = place_of(properties.source, "source", ("kinesis", "file"))
    asked = set()
    for name, place in {"source": source, **sink_places(properties, _KINDS)}.items():
        if place not in asked:
            yield name, place
        asked.add(place)


def _ask(name: str, place: Place, properties: Properties, key: Sequence[str]) -> None:
    from py4j.protocol import Py4JJavaError  # type: ignore[import-untyped]

    doing = f"{'reading from' if name == 'source' else 'writing to'} {name} {place.kind}://{place.name}"
    service, settings = _SERVICES[place.kind], aws_settings(place.kind, properties)
    try:
        answer = getattr(java("lake.aws.Reach"), service.method)(_java_properties(settings), place.name)
    except Py4JJavaError as error:
        refusal = error.java_exception
        where = f"at {settings['aws.endpoint']}" if "aws.endpoint" in settings else f"in {properties.region}"
        meaning = _meaning(str(refusal.code()), str(refusal.getMessage()), name, service, where)
        raise Unreachable(f"{doing}: {meaning}") from None
    if place.kind == "dynamodb":
        _refuse_other_key(list(answer), key, doing)


def _refuse_other_key(found: Sequence[str], key: Sequence[str], doing: str) -> None:
    expected = [f"{column} {kind} S" for column, kind in zip(key, ("HASH", "RANGE"), strict=True)]
    if list(found) != expected:
        raise Unreachable(
            f"{doing}: the table's key is {', '.join(found)}; expected {', '.join(expected)}, where S is a string. "
            "Make a table with that key, and name it"
        )


def _meaning(code: str, told: str, name: str, service: _Service, where: str) -> str:
    """What a code means, and what to do about it."""
    if code in _ABSENT:
        return f"there is no such {service.noun} {where}; make it, or correct {name} or region"
    if code in _DENIED:
        return f"access is denied {where}: {told}. The application's role must allow {service.permission}"
    if code in _UNKNOWN:
        return f"the credentials are refused {where}: {told}. Correct them, or the application's role"
    if code in _UNANSWERED:
        return f"there is no answer {where}: {told}. See to the network, the region and the endpoint"
    if "load credentials" in told:
        return f"there are no credentials: {told}. Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
    return f"asking for the {service.noun} {where} failed: {code}: {told}"


def _java_properties(settings: Mapping[str, str]) -> Any:
    properties = java("java.util.Properties")()
    for name, value in settings.items():
        properties.setProperty(name, value)
    return properties
