"""Published data, read back and held against its manifest, the catalog and the contract. Nothing is changed."""

from __future__ import annotations

from lake.ops.verify.findings import Finding
from lake.ops.verify.table import Published, Verification, published, verify

__all__ = ["Finding", "Published", "Verification", "published", "verify"]
