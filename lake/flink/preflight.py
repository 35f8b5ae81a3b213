"""Checks that streams and tables exist before a job starts: once started, connectors retry for ever.

It uses the AWS SDK, the credentials and the endpoints of the connectors (flink_apps/src, lake.aws.ConnectivityCheck).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lake.errors import LakeError
from lake.flink.connectors import aws_settings
from lake.flink.endpoints import Endpoint, parse_endpoint
from lake.flink.jvm import java
from lake.flink.properties import Properties
from lake.flink.sinks import sink_endpoints

_KINDS = ("dynamodb", "kinesis", "firehose", "file")

_ABSENT = {"ResourceNotFoundException"}
_DENIED = {"AccessDeniedException", "AccessDenied"}
_UNKNOWN = {  # Common errors of AWS's APIs: the caller is unknown, or not who they say they are
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
    """A stream or a table that is missing, denied, or does not respond; the message names its property and URI."""


@dataclass(frozen=True)
class _Service:
    """What a service calls its resource, ConnectivityCheck's method for it, and the permission that it needs."""

    noun: str
    method: str
    permission: str


_SERVICES = {
    "kinesis": _Service("stream", "stream", "kinesis:DescribeStreamSummary"),
    "firehose": _Service("delivery stream", "deliveryStream", "firehose:DescribeDeliveryStream"),
    "dynamodb": _Service("table", "table", "dynamodb:DescribeTable"),
}


def refuse_unreachable(properties: Properties, key: Sequence[str] = ()) -> None:
    """Raises Unreachable for the first of source and sinks that cannot be used; takes at most half a minute for each.

    `key` are the columns that a table as sink must have as its key, in their order. Folders are not checked: their
    connector fails at once.
    """
    for name, endpoint in _endpoints(properties):
        if endpoint.kind != "file":
            _check(name, endpoint, properties, key)


def _endpoints(properties: Properties) -> Iterator[tuple[str, Endpoint]]:
    """The source and the sinks, each with the property that names it; without duplicates."""
    source = parse_endpoint(properties.source, "source", ("kinesis", "file"))
    seen = set()
    for name, endpoint in {"source": source, **sink_endpoints(properties, _KINDS)}.items():
        if endpoint not in seen:
            yield name, endpoint
        seen.add(endpoint)


def _check(name: str, endpoint: Endpoint, properties: Properties, key: Sequence[str]) -> None:
    from py4j.protocol import Py4JJavaError  # type: ignore[import-untyped]

    doing = f"{'reading from' if name == 'source' else 'writing to'} {name} {endpoint.kind}://{endpoint.name}"
    service, settings = _SERVICES[endpoint.kind], aws_settings(endpoint.kind, properties)
    try:
        answer = getattr(java("lake.aws.ConnectivityCheck"), service.method)(_java_properties(settings), endpoint.name)
    except Py4JJavaError as error:
        refusal = error.java_exception
        where = f"at {settings['aws.endpoint']}" if "aws.endpoint" in settings else f"in {properties.region}"
        meaning = _meaning(str(refusal.code()), str(refusal.getMessage()), name, service, where)
        raise Unreachable(f"{doing}: {meaning}") from None
    if endpoint.kind == "dynamodb":
        _refuse_other_key(list(answer), key, doing)


def _refuse_other_key(actual: Sequence[str], key: Sequence[str], doing: str) -> None:
    expected = [f"{column} {kind} S" for column, kind in zip(key, ("HASH", "RANGE"), strict=True)]
    if list(actual) != expected:
        raise Unreachable(
            f"{doing}: the table's key is {', '.join(actual)}; expected {', '.join(expected)}, where S is a string. "
            "Create a table with that key, and name it"
        )


def _meaning(code: str, answer: str, name: str, service: _Service, where: str) -> str:
    """What a code means, and what to do about it."""
    if code in _ABSENT:
        return f"{service.noun} not found {where}; create it, or correct {name} or region"
    if code in _DENIED:
        return f"access denied {where}: {answer}. The application's role must allow {service.permission}"
    if code in _UNKNOWN:
        return f"invalid credentials {where}: {answer}. Correct them, or the application's role"
    if code in _UNANSWERED:
        return f"no response {where}: {answer}. Check the network, the region and the endpoint"
    if "load credentials" in answer:
        return f"no credentials found: {answer}. Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
    return f"describing the {service.noun} {where} failed: {code}: {answer}"


def _java_properties(settings: Mapping[str, str]) -> Any:
    properties = java("java.util.Properties")()
    for name, value in settings.items():
        properties.setProperty(name, value)
    return properties
