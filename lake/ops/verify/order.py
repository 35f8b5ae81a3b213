"""Checks that rows are sorted, without sorting them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc


def out_of_order(rows: pa.Table, columns: Sequence[str]) -> npt.NDArray[np.int64]:
    """Positions of the rows that sort before the previous row; ascending by `columns`, nulls first.

    Strings compare by their UTF-8 bytes, as Parquet's bounds do.
    """
    pairs = max(rows.num_rows - 1, 0)
    tied, falls = np.ones(pairs, dtype=bool), np.zeros(pairs, dtype=bool)
    for name in columns:
        before, after = rows.column(name).slice(0, pairs), rows.column(name).slice(1)
        no_before, no_after = _mask(before.is_null()), _mask(after.is_null())
        falls |= tied & (_mask(pc.less(after, before)) | (no_after & ~no_before))
        tied &= _mask(pc.equal(after, before)) | (no_after & no_before)
    return np.flatnonzero(falls) + 1


def _mask(answers: pa.ChunkedArray) -> npt.NDArray[np.bool_]:
    """As booleans, null as false."""
    found: npt.NDArray[np.bool_] = answers.fill_null(False).to_numpy()
    return found
