"""Tables and their published partitions: SQLite beside a local root, the Glue Data Catalog for one on S3."""

from __future__ import annotations

from lake.catalog.model import Buckets, Catalog, CatalogTable, CatalogView, Partition
from lake.catalog.sqlite import SqliteCatalog
from lake.objects.root import S3Root, root_of

__all__ = ["Buckets", "Catalog", "CatalogTable", "CatalogView", "Partition", "open_catalog"]


def open_catalog(root_uri: str) -> Catalog:
    """The catalog of a root. Nothing is touched before its first use. Raises UsageError where the URI is no root's."""
    root = root_of(root_uri)
    if isinstance(root, S3Root):
        from lake.catalog.glue import GlueCatalog  # boto3 takes a while to import, and a local root needs none

        return GlueCatalog(root_uri)
    return SqliteCatalog(root)
