"""A root that is a bucket's prefix. The store holds no client, so that it can be sent to other processes."""

from __future__ import annotations

import builtins
import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Any, BinaryIO, cast
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.fs as pafs
from boto3.s3.transfer import TransferConfig

from lake.errors import StorageError
from lake.objects import aws
from lake.objects.root import S3Root
from lake.objects.store import StoredObject

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer
    from mypy_boto3_s3.type_defs import ObjectIdentifierTypeDef

_PART = 16 << 20
_BUFFER = 1 << 20
_RESUMED = 5  # times that a broken download is picked up again without a byte having come in between


@dataclass(frozen=True)
class RequestSizes:
    """How much one request carries: bytes of an object put whole, bytes of a part of a larger one, keys to delete."""

    whole: int = 64 << 20
    part: int = _PART
    keys: int = 1000  # DeleteObjects takes no more


class S3Store:
    """Objects below s3://bucket/prefix, through boto3; AWS_ENDPOINT_URL is honoured."""

    def __init__(self, root: S3Root, sizes: RequestSizes = RequestSizes()) -> None:
        self._root = root
        self._sizes = sizes
        self.uri = root.uri

    def list(self, prefix: str) -> list[StoredObject]:
        found = []
        for page in self._pages(prefix):
            for entry in page.get("Contents", ()):
                if not _is_folder_marker(entry["Key"], entry["Size"]):
                    key = entry["Key"][len(self._root.full_key("")) :]
                    modified_at = entry["LastModified"].astimezone(UTC)
                    found.append(StoredObject(key, entry["Size"], entry["ETag"].strip('"'), modified_at))
        return sorted(found, key=lambda stored: stored.key)

    def folders(self, prefix: str) -> builtins.list[str]:
        return sorted(
            entry["Prefix"].rstrip("/").rpartition("/")[2]
            for page in self._pages(prefix, Delimiter="/")
            for entry in page.get("CommonPrefixes", ())
        )

    def open(self, key: str) -> BinaryIO:
        with self._explained("reading", key):
            stream = _Download(self._root.bucket, self._root.full_key(key), self.uri_of(key))
        return cast(BinaryIO, io.BufferedReader(stream, _BUFFER))

    def read(self, key: str) -> bytes:
        with self.open(key) as stream:
            return stream.read()

    def read_if_exists(self, key: str) -> bytes | None:
        try:
            return self.read(key)
        except StorageError as error:
            if error.__cause__ is not None and aws.error_code(error.__cause__) == "NoSuchKey":
                return None
            raise

    def write(self, key: str, data: bytes | memoryview) -> None:
        bucket, full_key, sizes = self._root.bucket, self._root.full_key(key), self._sizes
        with self._explained("writing", key):
            if len(data) <= sizes.whole:
                aws.client("s3").put_object(Bucket=bucket, Key=full_key, Body=bytes(data))
            else:
                parts = TransferConfig(
                    multipart_threshold=sizes.whole, multipart_chunksize=sizes.part, max_concurrency=4
                )
                body = cast(BinaryIO, pa.BufferReader(data))  # reads the caller's memory, without a copy of it
                aws.client("s3").upload_fileobj(body, bucket, full_key, Config=parts)

    def delete(self, keys: Iterable[str]) -> None:
        doomed = [self._root.full_key(key) for key in keys]
        listable = [key for key in doomed if key.isprintable()]
        for start in range(0, len(listable), self._sizes.keys):
            self._delete_at_once(listable[start : start + self._sizes.keys])
        for key in doomed:
            if not key.isprintable():  # XML, which a list of keys is sent as, has no control characters
                with self._explained("deleting below", ""):
                    aws.client("s3").delete_object(Bucket=self._root.bucket, Key=key)

    def _delete_at_once(self, keys: Sequence[str]) -> None:
        objects: Sequence[ObjectIdentifierTypeDef] = [{"Key": key} for key in keys]
        with self._explained("deleting below", ""):
            answer = aws.client("s3").delete_objects(
                Bucket=self._root.bucket, Delete={"Objects": objects, "Quiet": True}
            )
        for refused in answer.get("Errors", ()):
            raise StorageError(
                f"deleting s3://{self._root.bucket}/{refused.get('Key')}: {refused.get('Code')}: "
                f"{refused.get('Message')}; the policy of these credentials must allow DeleteObject"
            )

    def uri_of(self, key: str) -> str:
        return f"{self.uri}/{key}"

    def arrow(self) -> tuple[pafs.FileSystem, str]:
        """AWS's default chain of credentials, as boto3 walks it; the same endpoint and region."""
        settings: dict[str, Any] = {"connect_timeout": aws.CONNECT_SECONDS}
        if (endpoint := aws.endpoint("s3")) is not None:
            parts = urlsplit(endpoint)
            settings |= {"endpoint_override": parts.netloc, "scheme": parts.scheme}
        with self._explained("reaching", ""):
            region = aws.region()
        if region is not None:
            settings["region"] = region
        return pafs.S3FileSystem(**settings), f"{self._root.bucket}/{self._root.prefix}".rstrip("/")

    def _pages(self, prefix: str, **options: str) -> Iterator[Any]:
        """Pages of the listing of a folder; boto3 requests URL-encoded keys, so they may contain anything."""
        folder = prefix.strip("/")
        below = self._root.full_key(f"{folder}/" if folder else "")
        with self._explained("listing", folder):
            paginator: Any = aws.client("s3").get_paginator("list_objects_v2")
            yield from paginator.paginate(Bucket=self._root.bucket, Prefix=below, **options)

    @contextmanager
    def _explained(self, doing: str, key: str) -> Iterator[None]:
        try:
            yield
        except aws.AWS_ERRORS as error:
            raise StorageError(f"{doing} {self.uri_of(key).rstrip('/')}: {aws.next_step(error)}") from error


class _Download(io.RawIOBase):
    """An object's bytes from its beginning; a broken connection is reopened at the position where it broke."""

    def __init__(self, bucket: str, key: str, uri: str) -> None:
        self._uri = uri
        self._request: dict[str, Any] = {"Bucket": bucket, "Key": key}
        answer = aws.client("s3").get_object(Bucket=bucket, Key=key)
        self._body = answer["Body"]
        self._size = answer["ContentLength"]
        self._request["IfMatch"] = answer["ETag"]
        self._position = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        if self._position == self._size:
            return 0
        wanted = memoryview(buffer).cast("B")
        for attempt in range(_RESUMED + 1):
            try:
                if attempt:
                    self._resume()
                data = self._body.read(len(wanted))
            except (*aws.AWS_ERRORS, OSError) as error:
                if aws.error_code(error) == "PreconditionFailed":
                    raise StorageError(f"reading {self._uri}: it was replaced during the read; run again") from error
                if attempt == _RESUMED:
                    raise StorageError(
                        f"reading {self._uri} from byte {self._position}: {aws.next_step(error)}"
                    ) from error
                continue
            wanted[: len(data)] = data
            self._position += len(data)
            return len(data)
        raise AssertionError("unreachable: the last attempt returns or raises")

    def readall(self) -> bytes:
        return b"".join(iter(lambda: self.read(_PART), b""))

    def close(self) -> None:
        if not self.closed:
            self._body.close()
        super().close()

    def _resume(self) -> None:
        self._body.close()
        answer = aws.client("s3").get_object(**self._request, Range=f"bytes={self._position}-")
        if not answer.get("ContentRange", "").startswith(f"bytes {self._position}-"):
            raise StorageError(
                f"reading {self._uri} from byte {self._position}: the server answered with another range; "
                "see whether AWS_ENDPOINT_URL names a server that knows the Range header"
            )
        self._body = answer["Body"]


def _is_folder_marker(key: str, size: int) -> bool:
    """Whether an empty object is a folder marker: the console creates `name/`, Hadoop `name_$folder$`."""
    return key.endswith("/") or (size == 0 and key.endswith("_$folder$"))
