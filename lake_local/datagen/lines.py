"""Columns of text to lines of JSON or CSV."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lake.contract.model import Column, Table
from lake_local.datagen.columns import Moment, is_quoted, plausible
from lake_local.datagen.text import Ints, Text, joined


@dataclass(frozen=True)
class Rows:
    """Records that arrive before `until` and after those of the `Rows` before, in the order of their arrival.

    `values` has text for the columns that a table's own story makes; the others' come from the contract.
    """

    until: int
    arrived: Ints
    happened: Ints
    values: Mapping[str, Text]


@dataclass(frozen=True)
class Lines:
    """Lines, each with its line feed, as an Arrow array of bytes, in the order of arrival."""

    until: int
    arrived: Ints
    lines: pa.Array


def lines_of(table: Table, rows: Rows, rng: np.random.Generator) -> Lines:
    """The rows as lines in the contract's format, columns in its order, under the names that producers use."""
    moment = Moment(rows.happened, rng)
    texts = {
        column: rows.values[column.name] if column.name in rows.values else plausible(table, column, moment)
        for column in table.columns
    }
    is_csv = table.source is not None and table.source.format == "csv"
    lines = _csv(texts) if is_csv else _json(texts)
    return Lines(rows.until, rows.arrived, lines.view(pa.binary()))


def csv_header(table: Table) -> bytes:
    """The header line of a table's CSV, with its line feed."""
    return ",".join(column.field for column in table.columns).encode() + b"\n"


def _json(texts: Mapping[Column, Text]) -> Text:
    pieces: list[Text | str] = []
    between = "{"
    for column, values in texts.items():
        text = values
        between += f"{json.dumps(column.field, ensure_ascii=False)}: "
        quote = '"' if is_quoted(column) else ""
        if text.null_count:
            text, quote = pc.fill_null(joined(quote, text, quote), "null"), ""
        pieces += [between + quote, text]
        between = f"{quote}, "
    return joined(*pieces, between.removesuffix(", ") + "}\n")


def _csv(texts: Mapping[Column, Text]) -> Text:
    pieces: list[Text | str] = []
    for column, values in texts.items():
        text = values
        if not is_quoted(column):  # nested values are JSON text, with quotes and commas
            quoted = joined('"', pc.replace_substring(text, '"', '""'), '"')
            text = pc.if_else(pc.match_substring_regex(text, '[",]'), quoted, text)
        pieces += [",", pc.fill_null(text, "")]
    return joined(*pieces[1:], "\n")
