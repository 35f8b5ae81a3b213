"""A contract's tables as Athena's DDL."""

from __future__ import annotations

from lake.catalog.model import CatalogTable
from lake.contract.catalog_tables import catalog_table
from lake.contract.model import Table

BUCKET = "{bucket}"


def ddl(table: Table) -> str:
    """CREATE EXTERNAL TABLE for a table's published rows; `{bucket}` stands for the bucket (and prefix) of the root."""
    return create_table(catalog_table(table))


def create_table(table: CatalogTable) -> str:
    """CREATE EXTERNAL TABLE for a table of the catalog; `{bucket}` stands for the bucket (and prefix) of the root.

    Names are quoted: a column may be called `end` or `date`, which Hive reserves.
    """
    parameters = {name: value for name, value in table.parameters.items() if name != "comment"}
    properties = ",\n".join(f"    {_text(name)} = {_text(value)}" for name, value in sorted(parameters.items()))
    lines = [
        f"CREATE EXTERNAL TABLE IF NOT EXISTS {_name(table.database)}.{_name(table.name)} (",
        ",\n".join(f"    {_name(name)} {hive} COMMENT {_text(note)}" for name, hive, note in table.columns),
        ")",
        f"COMMENT {_text(table.parameters['comment'])}",
        f"PARTITIONED BY ({', '.join(f'{_name(name)} {hive}' for name, hive in table.partition_keys)})",
        *_clustered(table),
        "STORED AS PARQUET -- noqa: PRS",  # sqlfluff's Athena dialect lacks the keyword; sqlglot's has it
        f"LOCATION {_text(f's3://{BUCKET}/{table.location}/')}",
        "TBLPROPERTIES (",
        properties,
        ");",
    ]
    return "\n".join(lines) + "\n"


def _clustered(table: CatalogTable) -> list[str]:
    if table.buckets is None:
        return []
    order = ", ".join(f"{_name(name)} ASC" for name in table.buckets.sorted_by)
    columns = ", ".join(_name(name) for name in table.buckets.columns)
    return [f"CLUSTERED BY ({columns}) SORTED BY ({order}) INTO {table.buckets.count} BUCKETS -- noqa: PRS"]


def _name(name: str) -> str:
    return f"`{name}`"


def _text(text: str) -> str:
    """A Hive string literal: its escapes begin with a backslash."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
