"""Object stores: a root is a local folder or s3://bucket/prefix, behind one interface."""

from __future__ import annotations

from lake.objects.local import LocalStore
from lake.objects.root import S3Root, root_of
from lake.objects.store import Store, StoredObject

__all__ = ["Store", "StoredObject", "open_store"]


def open_store(uri: str) -> Store:
    """The store for a folder or an s3://bucket/prefix URI.

    Nothing is touched before the first use, which raises StorageError where the root cannot be reached.
    Raises UsageError where the URI names neither kind.
    """
    root = root_of(uri)
    if isinstance(root, S3Root):
        from lake.objects.s3 import S3Store  # boto3 takes a while to import, and a local root needs none

        return S3Store(root)
    return LocalStore(root)
