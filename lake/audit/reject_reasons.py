"""The most frequent kinds of rejected records of a partition, from its quarantine's files."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from lake.audit.files import PartitionFiles
from lake.audit.remedies import FIELD, remedy
from lake.audit.verdict import Rejects
from lake.contract.arrow import quarantine_schema
from lake.contract.model import Table
from lake.objects import Store
from lake.parse.reasons import Reason

SHOWN = 3
_KIND = ["reason", "field"]


def top_rejects(store: Store, keys: Sequence[str], table: Table, most: int = SHOWN) -> tuple[Rejects, ...]:
    """Records by reason, and by field where the reason is a field's; the most frequent first.

    The message is that of a kind's first record. Raises StorageError where a file cannot be read.
    """
    if not keys:
        return ()
    with PartitionFiles(store, keys, quarantine_schema()) as files:
        kinds = pa.concat_tables(map(_counted, files.chunks(["reason", "message"])))
        kinds = kinds.group_by(_KIND, use_threads=False).aggregate([("message", "first"), ("records", "sum")])
        kinds = kinds.sort_by([("records_sum", "descending"), ("reason", "ascending"), ("field", "ascending")])
        return tuple(
            Rejects(
                kind["reason"],
                kind["records_sum"],
                kind["message_first"],
                remedy(kind["reason"], kind["message_first"], table, _payload(files, kind)),
            )
            for kind in kinds.slice(0, most).to_pylist()
        )


def _counted(rejects: pa.Table) -> pa.Table:
    """Kinds of rejected records in one row group: reason, field, a message, number of records."""
    fields = pc.struct_field(pc.extract_regex(rejects["message"], f"^(?P<field>{FIELD})"), "field")
    kinds = pa.table([rejects["reason"], fields, rejects["message"]], ["reason", "field", "message"])
    kinds = kinds.group_by(_KIND, use_threads=False).aggregate([("message", "first"), ("message", "count")])
    return kinds.rename_columns([*_KIND, "message", "records"])


def _payload(files: PartitionFiles, kind: dict[str, str]) -> bytes:
    """The first record without a required field: it may have the field under another name. Empty for other reasons."""
    if kind["reason"] != Reason.MISSING_REQUIRED:
        return b""
    for chunk in files.chunks(["message", "payload"]):
        at = pc.index(chunk["message"], kind["message_first"]).as_py()
        if at >= 0:
            return bytes(chunk["payload"][at].as_py())
    return b""
