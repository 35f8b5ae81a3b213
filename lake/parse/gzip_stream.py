"""A raw object's plain bytes: gzip members and plain stretches in any order, recognised by content, in bounded memory.

An object may be compressed as a whole by another codec (`lake.parse.codecs`), which is then its first layer. Otherwise,
or below that, it is a sequence of gzip members and plain stretches; a member may begin anywhere in plain bytes, as its
magic can occur in no UTF-8 text. What a layer of gzip gives is looked at in the same way, up to MAX_DEPTH layers.
Contents of undamaged members are concatenated, as gunzip would: a record, or an inner member, may span members. NUL
bytes from a member's end to the end of what holds it are padding and ignored, as gzip itself does; any other bytes
between or after members are plain bytes, for the record parser to judge.

Reading a damaged object takes two readings and more, as the damage shows after part of a member has been handed out:

    try:
        read(plain_chunks(store.open(key)))
    except DamagedObject:                         # forget what was read, nothing of it is to be kept
        damages = damages_of(lambda: store.open(key))
        read(plain_chunks(store.open(key), damages=damages))

`damaged_bytes` gives each damage's own bytes, for the quarantine.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import BinaryIO, Literal

from lake.parse.codecs import HEAD, BrokenUnit, Codec, codec_of, decoded
from lake.parse.gzip_header import Member, MemberError
from lake.parse.gzip_recovery import stretches_of_layer
from lake.parse.gzip_segments import MAGIC, Piece, Runs, magic_at

MAX_DEPTH = 2
_READ = 1 << 20
_GATHERED = 256 << 10
_TAIL = 4 << 10
_NO_TEXT = re.compile(rb"[\x00-\x08\x0e-\x1f]")
_JSON_BEGINS = b"{[ \t\r\n"


@dataclass(frozen=True)
class Chunk:
    """Plain bytes, never empty; `after_gap`: bytes before these were lost or are binary, no record spans into it."""

    data: bytes
    after_gap: bool = False


@dataclass(frozen=True, order=True)
class Damage:
    """A stretch that should be compressed and cannot be decompressed.

    `start` and `end` count bytes of the object as stored, for `depth` 0. For gzip inside another layer, `depth` is how
    many layers are to be taken off first, and they count bytes of that layer, less what is damaged above it. `layers`
    names what the object is compressed with.
    """

    start: int
    end: int
    message: str
    depth: int = 0
    layers: str = "gzip"


class DamagedObject(Exception):  # noqa: N818 (it is what was found, and always handled; no error of ours)
    """The object holds damage that is not among the reader's `damages`: read it again with those of `damages_of`."""


def plain_chunks(raw: BinaryIO, size: int = 8 << 20, damages: tuple[Damage, ...] = ()) -> Iterator[Chunk]:
    """The object's plain bytes, in chunks of about `size` (the last of a stretch may be shorter, none reaches twice).

    `damages` are skipped, and the chunk after each has `after_gap`. Raises DamagedObject at any other damage; chunks
    given before that may hold bytes of the damaged member. Each of `raw`'s reads may be short.
    """
    for piece in _gathered(_layers_off(raw, None, damages, min(size, _GATHERED)), size):
        starts = range(0, max(len(piece.data) - size, 0) + 1, size)
        for start in starts:
            end = len(piece.data) if start == starts[-1] else start + size
            yield Chunk(piece.data[start:end], piece.after_gap and start == 0)


def damages_of(reopen: Callable[[], BinaryIO]) -> tuple[Damage, ...]:
    """All damages of an object; `reopen` gives a new stream of it, and is called once and more for each layer.

    `lake.parse.gzip_recovery` says where damage of gzip ends; of another codec, it goes to the object's end.
    """
    codec, pieces = _with_codec(_read(reopen()))
    damages = () if codec is None else _damage_of_codec(codec, pieces)
    layers = "gzip" if codec is None else f"{codec.name} and gzip"
    for gzip_depth in range(MAX_DEPTH + 1):
        depth = gzip_depth if codec is None else gzip_depth + 1
        read = partial(_read_layer, reopen, depth, damages)
        layer = stretches_of_layer(read, too_deep=gzip_depth == MAX_DEPTH)
        damages += tuple(Damage(start, end, message, depth, layers) for start, end, message in layer.damaged)
        if not layer.has_members:
            break
    return damages


def _damage_of_codec(codec: Codec, pieces: Iterator[Piece]) -> tuple[Damage, ...]:
    size = 0

    def counted() -> Iterator[bytes]:
        nonlocal size
        for piece in pieces:
            size += len(piece.data)
            yield piece.data

    stored = counted()
    try:
        for _ in decoded(stored, codec):
            pass
    except BrokenUnit as broken:
        for _ in stored:
            pass
        return (Damage(broken.start, size, str(broken), 0, codec.name),)
    return ()


def damaged_bytes(raw: BinaryIO, depth: int, damages: tuple[Damage, ...]) -> Iterator[tuple[Damage, bytes]]:
    """The bytes of the object's damages at one depth (as stored, or as the layers above it gave them), in pieces.

    One reading of the object, however many damages there are.
    """
    position = 0
    wanted = deque(sorted(damage for damage in damages if damage.depth == depth))
    for piece in _layers_off(raw, depth, damages):
        end = position + len(piece.data)
        while wanted and wanted[0].start < end:
            if data := piece.data[max(wanted[0].start - position, 0) : max(wanted[0].end - position, 0)]:
                yield wanted[0], data
            if wanted[0].end > end:
                break
            wanted.popleft()
        if not wanted:
            return
        position = end


def _layers_off(raw: BinaryIO, depth: int | None, damages: Iterable[Damage], size: int = _GATHERED) -> Iterator[Piece]:
    """The object with so many layers taken off, all of them if None."""
    codec, pieces = _with_codec(_read(raw))
    layers = [partial(_layer_off, depth=gzip_depth, size=size) for gzip_depth in range(MAX_DEPTH + 1)]
    if codec is not None:
        layers.insert(0, partial(_codec_off, codec=codec))
    for number, taken_off in enumerate(layers[:depth]):
        here = sorted(damage for damage in damages if damage.depth == number)
        if here:
            pieces = _without(pieces, here)
        pieces = _gathered(taken_off(pieces), size)
    return pieces


def _with_codec(pieces: Iterator[Piece]) -> tuple[Codec | None, Iterator[Piece]]:
    """The codec that the object is compressed with as a whole, if not gzip; and its pieces, from the first on."""
    read: list[Piece] = []
    while sum(len(piece.data) for piece in read) < HEAD and (piece := next(pieces, None)):
        read.append(piece)
    return codec_of(b"".join(piece.data for piece in read)), chain(read, pieces)


def _codec_off(pieces: Iterator[Piece], codec: Codec) -> Iterator[Piece]:
    try:
        yield from map(Piece, decoded((piece.data for piece in pieces), codec))
    except BrokenUnit as broken:
        raise DamagedObject from broken


def _read_layer(reopen: Callable[[], BinaryIO], depth: int, damages: tuple[Damage, ...]) -> Iterator[Piece]:
    return _layers_off(reopen(), depth, damages)


def _read(raw: BinaryIO) -> Iterator[Piece]:
    while data := raw.read(_READ):
        yield Piece(data)


def _without(pieces: Iterator[Piece], damages: list[Damage]) -> Iterator[Piece]:
    """The pieces less the damaged stretches, with a gap after each."""
    position, gap = 0, False
    ahead = deque(damages)
    for data, after_gap in pieces:
        gap = gap or after_gap
        end = position + len(data)
        kept_from = position
        while ahead and ahead[0].start < end:
            if ahead[0].start > kept_from:
                yield Piece(data[kept_from - position : ahead[0].start - position], gap)
            kept_from, gap = min(ahead[0].end, end), True
            if ahead[0].end > end:
                break
            ahead.popleft()
        if kept_from < end:
            yield Piece(data[kept_from - position :], gap)
            gap = False
        position = end


def _gathered(pieces: Iterator[Piece], size: int) -> Iterator[Piece]:
    """The same bytes in pieces of `size` or a little more, so that many small members cost little further on."""
    parts: list[bytes] = []
    total, gap = 0, False
    for data, after_gap in pieces:
        if parts and (after_gap or total >= size):
            gathered = Piece(b"".join(parts), gap)
            parts, total, gap = [], 0, False
            yield gathered
            del gathered  # so as not to hold it while the next is gathered
        gap = gap or after_gap
        parts.append(data)
        total += len(data)
    if parts:
        yield Piece(b"".join(parts), gap)


def _layer_off(pieces: Iterator[Piece], depth: int, size: int) -> Iterator[Piece]:
    for after_gap, run in Runs(pieces):
        taken = _RunTaken(depth, size, after_gap)
        for data in run:
            yield from taken.more(data)
        taken.end()


class _RunTaken:
    """One run with one layer taken off, and a gap where gzip meets bytes that may be a member's remains.

    That is before plain bytes that do not begin as JSON does, and behind plain bytes that end in what no text holds.
    """

    def __init__(self, depth: int, size: int, after_gap: bool) -> None:
        self._depth = depth
        self._size = size
        self._gap = after_gap
        self._member: Member | None = None
        self._before: Literal["nothing", "gzip", "plain"] = "nothing"
        self._tail = b""  # of the plain stretch before this
        self._padding = 0

    def more(self, data: bytes) -> Iterator[Piece]:
        at = 0
        while at < len(data):
            if self._member is None and data.startswith(MAGIC, at):
                yield from self._padding_was_plain()
                self._begin_member()
            if self._member is not None:
                at = yield from self._inflated(self._member, data, at)
            elif self._before == "gzip" and data[at] == 0:
                behind = len(data) - len(data[at:].lstrip(b"\0"))
                self._padding += behind - at
                at = behind
            else:
                at = yield from self._plain(data, at)

    def end(self) -> None:
        """Nothing comes any more; raises DamagedObject where a member is truncated."""
        if self._member is not None:
            raise DamagedObject

    def _begin_member(self) -> None:
        if self._depth == MAX_DEPTH:
            raise DamagedObject
        self._member = Member(self._size)
        self._gap = self._gap or _NO_TEXT.search(self._tail) is not None
        self._tail = b""

    def _inflated(self, member: Member, data: bytes, at: int) -> Generator[Piece, None, int]:
        try:
            for inflated in member.inflate(data, at):
                yield self._piece(inflated)
        except MemberError as error:
            raise DamagedObject from error
        if member.is_whole:
            self._member = None
            self._before = "gzip"
        return member.consumed_to

    def _plain(self, data: bytes, at: int) -> Generator[Piece, None, int]:
        yield from self._padding_was_plain()
        magic = magic_at(data, at)
        end = magic if magic >= 0 else len(data)
        yield self._plain_piece(data[at:end])
        return end

    def _padding_was_plain(self) -> Iterator[Piece]:
        """What looked like padding, once other bytes come behind it."""
        while self._padding:
            nuls = min(self._padding, self._size)
            self._padding -= nuls
            yield self._plain_piece(bytes(nuls))

    def _plain_piece(self, data: bytes) -> Piece:
        if self._before == "gzip" and data[0] not in _JSON_BEGINS:
            self._gap = True
        self._before = "plain"
        self._tail = (self._tail + data[-_TAIL:])[-_TAIL:]
        return self._piece(data)

    def _piece(self, data: bytes) -> Piece:
        piece = Piece(data, self._gap)
        self._gap = False
        return piece
