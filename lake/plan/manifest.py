"""A partition's manifest: the object beside its files that lists them, and what they were made from."""

from __future__ import annotations

import json
from typing import Any

from lake.objects import Store

MANIFEST = "_manifest.json"
"""Readers ignore it: its name starts with an underscore."""


def manifest_of(store: Store, location: str) -> dict[str, Any]:
    """The manifest in a partition's folder; empty if there is none."""
    data = store.read_if_exists(f"{location}/{MANIFEST}")
    return dict(json.loads(data)) if data else {}
