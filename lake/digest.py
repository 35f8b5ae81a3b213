"""Digests of what a partition is made from: equal values, equal digests, on every machine."""

from __future__ import annotations

import hashlib
import json


def digest_of(value: object) -> str:
    """A digest, 32 hex digits, of a value that JSON can hold."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]
