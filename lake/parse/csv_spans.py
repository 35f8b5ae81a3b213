"""The records of a stretch by where they stand, so that only those looked at are ever taken out."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from lake.contract.model import TextForm
from lake.parse.block import Rejected, Source
from lake.parse.csv_header import BOM
from lake.parse.csv_text import RFC_4180, Positions, record_spans
from lake.parse.reasons import Reason


@dataclass(frozen=True)
class Records:
    """Records of `data`, which stands at `offset` of the object: their numbers in it, spans, and numbers of fields."""

    data: bytes
    offset: int
    numbers: Positions
    starts: Positions
    ends: Positions
    widths: Positions
    is_all: bool

    def __len__(self) -> int:
        return len(self.starts)

    def text(self, at: int) -> bytes:
        return self.data[self.starts[at] : self.ends[at]]

    def texts(self) -> list[bytes]:
        spans = zip(self.starts.tolist(), self.ends.tolist(), strict=True)
        return [self.data[start:end] for start, end in spans]

    def joined(self) -> bytes:
        """These records and no others, each with a line end."""
        return self.data if self.is_all else b"\n".join([*self.texts(), b""])

    def where(self, mask: npt.NDArray[np.bool_]) -> Records:
        """Those that the mask is true for, with the numbers that they have."""
        if mask.all():
            return self
        spans = (self.numbers[mask], self.starts[mask], self.ends[mask], self.widths[mask])
        return Records(self.data, self.offset, *spans, is_all=False)

    def numbered(self, first: int) -> Records:
        """The same, numbered one after the other."""
        return replace(self, numbers=np.arange(first, first + len(self)))

    def source(self, at: int) -> Source:
        return Source(int(self.numbers[at]), self.offset + int(self.starts[at]), self.text(at))

    def rejected(self, at: int, reason: Reason, message: str) -> Rejected:
        offset = self.offset + int(self.starts[at])
        return Rejected(reason, message, int(self.numbers[at]), offset, self.text(at))


def records_of(
    data: bytes, first_record: int, offset: int, header: bytes | None = None, form: TextForm = RFC_4180
) -> Records:
    """The records of a stretch of whole, well quoted ones, numbered from `first_record`; `header` lines are none."""
    starts, ends, widths = record_spans(data, form)
    records = Records(data, offset, np.arange(len(starts)), starts, ends, widths, is_all=True)
    if header is not None and header in data:
        is_record = np.ones(len(records), np.bool_)
        lengths = ends - starts
        for at in np.flatnonzero((lengths == len(header)) | (lengths == len(header) + len(BOM))).tolist():
            is_record[at] = records.text(at).removeprefix(BOM) != header
        records = records.where(is_record)
    return records.numbered(first_record)
