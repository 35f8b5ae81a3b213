"""A root in a bucket: what S3 does that a folder does not, and its refusals."""

from __future__ import annotations

from collections.abc import Callable
from http.server import BaseHTTPRequestHandler

import boto3
import pytest

from lake.errors import StorageError
from lake.objects import open_store
from lake.objects.root import S3Root
from lake.objects.s3 import RequestSizes, S3Store
from tests.lake.aws_answers import answering, refusing

CONTENT = bytes(range(256)) * 12_000


@pytest.fixture
def bucket(s3_root: str) -> str:
    return s3_root.removeprefix("s3://").partition("/")[0]


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Points the clients at an address, with credentials of a sort, and has them try a call once."""

    def point(address: str) -> None:
        for name, value in {
            "AWS_ENDPOINT_URL": address,
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_MAX_ATTEMPTS": "1",
        }.items():
            monkeypatch.setenv(name, value)

    return point


def test_root_may_be_a_whole_bucket(bucket: str) -> None:
    store = open_store(f"s3://{bucket}")
    store.write("a/b", b"here")
    assert [stored.key for stored in store.list("")] == ["a/b"]
    assert store.folders("") == ["a"]
    assert store.uri_of("a/b") == f"s3://{bucket}/a/b"
    assert boto3.client("s3").get_object(Bucket=bucket, Key="a/b")["Body"].read() == b"here"


def test_neighbours_of_the_prefix_are_not_seen(bucket: str) -> None:
    for key in ["lake2/k", "lak", "other/k", "lake/k"]:
        boto3.client("s3").put_object(Bucket=bucket, Key=key, Body=b"")
    assert [stored.key for stored in open_store(f"s3://{bucket}/lake/").list("")] == ["k"]


def test_folder_markers_are_left_out(bucket: str, s3_root: str) -> None:
    for key, body in {"raw/": b"", "raw/x_$folder$": b"", "raw/real_$folder$": b"bytes", "raw/empty": b""}.items():
        boto3.client("s3").put_object(Bucket=bucket, Key=f"lake/{key}", Body=body)
    assert [stored.key for stored in open_store(s3_root).list("raw")] == ["raw/empty", "raw/real_$folder$"]


def test_listing_goes_on_after_a_full_page(s3_root: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "3")
    store = open_store(s3_root)
    expected = [f"raw/dt={hour:02}/{name}" for hour in range(5) for name in ("a b", "é+%")]
    for key in expected:
        store.write(key, b"")
    assert [stored.key for stored in store.list("raw")] == expected
    assert store.folders("raw") == [f"dt={hour:02}" for hour in range(5)]


def test_deletion_goes_on_after_a_full_batch(bucket: str) -> None:
    store = S3Store(S3Root(bucket, "lake"), RequestSizes(keys=2))
    for number in range(5):
        store.write(f"k/{number}", b"")
    store.delete(f"k/{number}" for number in range(4))
    assert [stored.key for stored in store.list("")] == ["k/4"]


def test_large_object_goes_in_parts_and_comes_back_whole(bucket: str) -> None:
    store = S3Store(S3Root(bucket, "lake"), RequestSizes(whole=6 << 20, part=5 << 20))
    data = CONTENT * 4
    store.write("large", memoryview(data))
    assert store.read("large") == data
    (stored,) = store.list("")
    assert stored.etag.endswith("-3")  # S3's ETag of an object in parts carries their number


def test_object_served_as_gzip_is_read_as_it_is_stored(bucket: str, s3_root: str) -> None:
    boto3.client("s3").put_object(Bucket=bucket, Key="lake/k", Body=b"\x1f\x8b as stored", ContentEncoding="gzip")
    assert open_store(s3_root).read("k") == b"\x1f\x8b as stored"


def test_absent_bucket_is_named(aws: str) -> None:
    store = open_store("s3://no-such-bucket-here/lake")
    step = r"s3://no-such-bucket-here/lake.*: bucket not found: create it, or correct --root"
    for use in [lambda: store.list(""), lambda: store.read_if_exists("k"), lambda: store.write("k", b"")]:
        with pytest.raises(StorageError, match=step):
            use()


def test_no_credentials(aws: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    with pytest.raises(StorageError, match=r"listing s3://b/lake/raw: no AWS credentials: set AWS_PROFILE, or"):
        open_store("s3://b/lake").list("raw")


def test_profile_that_does_not_exist(aws: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(StorageError, match=r"listing s3://b/lake/raw: no AWS credentials: set AWS_PROFILE, or"):
        open_store("s3://b/lake").list("raw")
    with pytest.raises(StorageError, match=r"reaching s3://b/lake: no AWS credentials: set AWS_PROFILE, or"):
        open_store("s3://b/lake").arrow()


def test_endpoint_without_a_listener(alone: Callable[[str], None]) -> None:
    alone("http://127.0.0.1:9")
    with pytest.raises(StorageError, match=r"AWS is not reachable: check AWS_ENDPOINT_URL \(it is http://127.0.0.1:9"):
        open_store("s3://b/lake").list("raw")


@pytest.mark.parametrize(
    ("status", "code", "step"),
    [
        (403, "InvalidAccessKeyId", "AWS rejected the credentials: check AWS_PROFILE"),
        (403, "SignatureDoesNotMatch", "AWS rejected the credentials: check AWS_PROFILE"),
        (400, "ExpiredToken", "the AWS credentials have expired: sign in again"),
        (403, "AccessDenied", "access denied: the policy of these credentials must allow ListObjectsV2"),
        (503, "SlowDown", "AWS throttled the request: retry later"),
    ],
)
def test_refusal_says_what_to_do(status: int, code: str, step: str, alone: Callable[[str], None]) -> None:
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>AWS's own words</Message></Error>"
    with answering(refusing(status, body)) as address:
        alone(address)
        with pytest.raises(StorageError, match=rf"^listing s3://b/lake/raw: {step}"):
            open_store("s3://b/lake").list("raw")


def test_refused_deletion_names_the_object(alone: Callable[[str], None]) -> None:
    body = "<DeleteResult><Error><Key>lake/k</Key><Code>AccessDenied</Code><Message>no</Message></Error></DeleteResult>"
    with answering(refusing(200, body)) as address:
        alone(address)
        with pytest.raises(StorageError, match=r"deleting s3://b/lake/k: AccessDenied: no; .* must allow DeleteObject"):
            open_store("s3://b/lake").delete(["k"])


def breaking_off(
    after: int, replaced: bool = False, ranges: bool = True
) -> tuple[Callable[[BaseHTTPRequestHandler], None], list[str]]:
    """Answers that send `after` bytes of what was asked for, then hang up; the ranges asked for are kept."""
    asked: list[str] = []

    def answer(request: BaseHTTPRequestHandler) -> None:
        span = request.headers.get("Range", "")
        asked.append(span)
        start = int(span.removeprefix("bytes=").rstrip("-") or 0) if ranges else 0
        if start and (replaced or request.headers["If-Match"] != '"one"'):
            refusing(412, "<Error><Code>PreconditionFailed</Code></Error>")(request)
            return
        request.send_response(206 if span else 200)
        if span and ranges:
            request.send_header("Content-Range", f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}")
        request.send_header("Content-Length", str(len(CONTENT) - start))
        request.send_header("ETag", '"one"')
        request.end_headers()
        request.wfile.write(CONTENT[start : start + after])

    return answer, asked


def test_broken_download_goes_on_where_it_broke(alone: Callable[[str], None]) -> None:
    answer, asked = breaking_off(after=1_200_000)
    with answering(answer) as address:
        alone(address)
        assert open_store("s3://b/lake").read("k") == CONTENT
    assert asked[0] == ""
    assert len(asked) == 3
    assert all(span.startswith("bytes=") for span in asked[1:])


def test_object_replaced_while_a_broken_download_goes_on_is_never_mixed(alone: Callable[[str], None]) -> None:
    answer, _ = breaking_off(after=1_200_000, replaced=True)
    with answering(answer) as address:
        alone(address)
        with pytest.raises(StorageError, match=r"reading s3://b/lake/k: it was replaced during the read; run again"):
            open_store("s3://b/lake").read("k")


def test_server_that_knows_no_ranges_is_no_cause_of_a_mixture(alone: Callable[[str], None]) -> None:
    answer, _ = breaking_off(after=1_200_000, ranges=False)
    with answering(answer) as address:
        alone(address)
        with pytest.raises(StorageError, match=r"from byte \d+: the server answered with another range"):
            open_store("s3://b/lake").read("k")


def test_download_that_never_comes_further_ends_with_an_error(alone: Callable[[str], None]) -> None:
    answer, asked = breaking_off(after=0)
    with answering(answer) as address:
        alone(address)
        with pytest.raises(StorageError, match=r"reading s3://b/lake/k from byte 0: "):
            open_store("s3://b/lake").read("k")
    assert len(asked) == 6
