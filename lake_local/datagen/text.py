"""Arrays of numbers to arrays of text, many at a time: what makes generating as fast as writing."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Ints = npt.NDArray[np.int64]
Text: TypeAlias = pa.Array  # of type string

_DAY_MS = 86_400_000


def _digits(width: int) -> npt.NDArray[np.uint8]:
    """All numbers of `width` digits, zero padded, one a row."""
    numbers = np.arange(10**width)
    return np.stack([numbers // 10**place % 10 + ord("0") for place in range(width - 1, -1, -1)], axis=1).astype(
        np.uint8
    )


_TWO = _digits(2)
_THREE = _digits(3)
_HEX = np.frombuffer(bytes(range(256)).hex().encode(), dtype=np.uint16)
_UUID_DASHES = (8, 13, 18, 23)
_UUID_HEX = [place for place in range(36) if place not in _UUID_DASHES]


def fixed_width(characters: npt.NDArray[np.uint8]) -> Text:
    """A row of ASCII characters each, as strings."""
    count, width = characters.shape
    offsets = np.arange(0, (count + 1) * width, width, dtype=np.int32) if count else np.zeros(1, dtype=np.int32)
    data = np.ascontiguousarray(characters)
    return pa.Array.from_buffers(pa.string(), count, [None, pa.py_buffer(offsets), pa.py_buffer(data)])


def iso_times(milliseconds: Ints) -> Text:
    """e.g. 2026-11-21T09:00:00.123Z, from milliseconds since 1970."""
    return fixed_width(_time_characters(milliseconds, b"____-__-__T__:__:__.___Z"))


def sql_times(milliseconds: Ints) -> Text:
    """e.g. 2026-11-21 09:00:00, to the second, as a database exports it."""
    return fixed_width(_time_characters(milliseconds, b"____-__-__ __:__:__"))


def dates(milliseconds: Ints) -> Text:
    """e.g. 2026-11-21, the day in UTC."""
    return fixed_width(_time_characters(milliseconds, b"____-__-__"))


def _time_characters(milliseconds: Ints, form: bytes) -> npt.NDArray[np.uint8]:
    characters = np.tile(np.frombuffer(form, dtype=np.uint8), (len(milliseconds), 1))
    days, time = np.divmod(milliseconds, _DAY_MS)
    known, which = np.unique(days, return_inverse=True)
    names = [str(np.datetime64(int(day), "D")).encode() for day in known]
    table = np.array([list(name) for name in names], dtype=np.uint8).reshape(len(names), 10)
    characters[:, :10] = table[which]
    if len(form) > 10:
        characters[:, 11:13] = _TWO[time // 3_600_000]
        characters[:, 14:16] = _TWO[time // 60_000 % 60]
        characters[:, 17:19] = _TWO[time // 1000 % 60]
    if len(form) > 20:
        characters[:, 20:23] = _THREE[time % 1000]
    return characters


def uuids(rng: np.random.Generator, count: int) -> Text:
    """Random UUIDs of version 4."""
    raw = rng.integers(0, 256, (count, 16), dtype=np.uint8)
    raw[:, 6] = raw[:, 6] & 0x0F | 0x40
    raw[:, 8] = raw[:, 8] & 0x3F | 0x80
    characters = np.full((count, 36), ord("-"), dtype=np.uint8)
    characters[:, _UUID_HEX] = _HEX[raw].view(np.uint8).reshape(count, 32)
    return fixed_width(characters)


def integers(numbers: npt.NDArray[Any]) -> Text:
    """Whole numbers in decimal digits."""
    return pc.cast(pa.array(numbers), pa.string())


def decimals(unscaled: Ints, scale: int) -> Text:
    """Numbers of at least 0 with `scale` digits after the point: 1234 at scale 2 is 12.34."""
    if scale == 0:
        return integers(unscaled)
    whole, fraction = np.divmod(unscaled, 10**scale)
    return joined(integers(whole), ".", pc.utf8_lpad(integers(fraction), scale, "0"))


def chosen(words: list[str], which: npt.NDArray[Any]) -> Text:
    """words[i] for each i."""
    return pa.array(words, pa.string()).take(pa.array(which))


def joined(*pieces: Text | str) -> Text:
    """The pieces of each row one after the other; null where a piece is."""
    return pc.binary_join_element_wise(*pieces, "")


def joined_lists(elements: Text, lengths: npt.NDArray[Any]) -> Text:
    """JSON arrays: the first lengths[0] elements are the first one's, and so on."""
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    return joined("[", pc.binary_join(pa.ListArray.from_arrays(pa.array(offsets), elements), ", "), "]")
