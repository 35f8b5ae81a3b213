"""Root URIs: a local folder or s3://bucket/prefix."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from lake.errors import UsageError

EXPECTED = "expected a folder, file:///folder, or s3://bucket/prefix"


@dataclass(frozen=True)
class S3Root:
    """A bucket, and the prefix in it without slashes around it (empty: the whole bucket)."""

    bucket: str
    prefix: str

    @property
    def uri(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}" if self.prefix else f"s3://{self.bucket}"

    def full_key(self, key: str) -> str:
        """The key in the bucket of a key below the root."""
        return f"{self.prefix}/{key}" if self.prefix else key


def root_of(uri: str) -> Path | S3Root:
    """The absolute folder, or the bucket and prefix, that a URI names. Raises UsageError if it names neither."""
    scheme, separator, rest = uri.partition("://")
    if not separator:
        if not uri:
            raise UsageError(f"reading an empty root: {EXPECTED}")
        return _absolute(uri)
    if scheme == "s3":
        bucket, _, prefix = rest.partition("/")
        if not bucket:
            raise UsageError(f"reading the root {uri!r}: missing bucket; {EXPECTED}")
        return S3Root(bucket, prefix.strip("/"))
    if scheme == "file":
        parts = urlsplit(uri)
        if parts.netloc not in ("", "localhost") or not parts.path.startswith("/"):
            raise UsageError(f"reading the root {uri!r}: file:// takes an absolute path, as in file:///folder")
        return _absolute(unquote(rest.removeprefix(parts.netloc)))
    raise UsageError(f"reading the root {uri!r}: unsupported scheme {scheme}://; {EXPECTED}")


def _absolute(folder: str) -> Path:
    return Path(os.path.abspath(Path(folder).expanduser()))  # noqa: PTH100 - Path.absolute keeps `..`
