"""The columns of a quarantine table: the same for every table, so that one query reads them all."""

from __future__ import annotations

QUARANTINE_SUFFIX = "_quarantine"
# (name, Hive type, comment), in the order of the files.
QUARANTINE_COLUMNS: tuple[tuple[str, str, str], ...] = (
    ("reason", "string", "Reason code, from a closed list: invalid_json, wrong_type, missing_required, ..."),
    ("message", "string", "What was wrong with the record, and what was expected."),
    ("source_object", "string", "Key of the raw object, below the root."),
    ("record", "bigint", "Position of the record in its object; the first is 0."),
    ("offset", "bigint", "Byte at which the record begins, in the decompressed object (damaged_gzip: as stored)."),
    ("payload", "binary", "The record's bytes, whole, as they arrived."),
    ("contract_version", "string", "Version of the contract that rejected the record."),
)
