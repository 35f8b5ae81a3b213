"""A contract's tables as the catalog holds them: the rows, and their quarantine."""

from __future__ import annotations

from lake.catalog.model import Buckets, CatalogTable
from lake.contract.model import RESCUED_COLUMN, Table
from lake.contract.quarantine import QUARANTINE_COLUMNS, QUARANTINE_SUFFIX

PARTITION_KEYS = (("dt", "string"),)
RESCUED_COMMENT = "Fields that the contract does not know, as the text of a JSON object; null where there were none."
# Glue's data catalog refuses a longer comment of a column (its API's Column, CommentString).
COMMENT_LIMIT = 255


def catalog_table(table: Table) -> CatalogTable:
    """The table of published rows: the contract's columns, then `rescued`, by arrival hour."""
    columns = [(column.name, column.hive_type, comment(column.description)) for column in table.columns]
    return CatalogTable(
        database=table.database,
        name=table.name,
        columns=(*columns, (RESCUED_COLUMN, "string", RESCUED_COMMENT)),
        partition_keys=PARTITION_KEYS,
        location=f"{table.zone}/{table.database}/{table.name}",
        parameters=_parameters(table, table.description),
        buckets=_buckets(table),
    )


def quarantine_table(table: Table) -> CatalogTable:
    """The table of the records that the contract rejects: the same columns for every contract, by arrival hour."""
    return CatalogTable(
        database=table.database,
        name=f"{table.name}{QUARANTINE_SUFFIX}",
        columns=QUARANTINE_COLUMNS,
        partition_keys=PARTITION_KEYS,
        location=f"quarantine/{table.database}/{table.name}",
        parameters=_parameters(table, f"Records that arrived for {table.full_name} and that its contract rejects."),
    )


def comment(text: str) -> str:
    """A description short enough for a column's comment: whole, or cut after a word and marked with an ellipsis."""
    if len(text) <= COMMENT_LIMIT:
        return text
    return text[: COMMENT_LIMIT - 1].rsplit(" ", 1)[0] + "…"


def _buckets(table: Table) -> Buckets | None:
    given = table.bucketing
    return None if given is None else Buckets(given.columns, given.count, given.sorted_by)


def _parameters(table: Table, description: str) -> dict[str, str]:
    return {"classification": "parquet", "comment": description, "lake.contract_version": table.version}
