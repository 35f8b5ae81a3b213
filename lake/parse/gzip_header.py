"""One gzip member, decompressed as its bytes come."""

from __future__ import annotations

from collections.abc import Iterator

from isal import igzip_lib

_FIRST_FEED = 4 << 10  # small, because what a member leaves over of a feed is copied
_FIRST_LIMIT = 64 << 10  # small, because so much is set aside for each call, and many members are small
_MOST = 256 << 10  # of a feed, and of what is handed out at a time; more is no faster
_REFUSALS: tuple[type[Exception], ...] = (igzip_lib.error, EOFError)  # type: ignore[assignment]  # its stubs name an instance


# RFC 1952, 2.3.1
_HEADER_CHECKSUM, _EXTRA_FIELD, _NAME, _COMMENT, _RESERVED = 0x02, 0x04, 0x08, 0x10, 0xE0
_MOST_HEADER = 128 << 10


class MemberError(Exception):
    """A deflate stream that breaks, or a checksum or length that is not the content's."""


class Member:
    """A member that begins with the first byte fed. Hands out at most `size` bytes at a time, whatever it holds."""

    def __init__(self, size: int, feed: int = _FIRST_FEED) -> None:
        """`feed` is how many bytes are tried at first; `fed` counts them all, those behind the member's end as well."""
        self._size = min(size, _MOST)
        self._limit = min(size, _FIRST_LIMIT)
        self._feed = feed
        self._held: bytes | None = b""  # of the header, until it is whole
        self._stream = igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP)
        self.is_whole = False
        self.consumed_to = 0
        self.fed = 0

    def inflate(self, data: bytes, at: int) -> Iterator[bytes]:
        """What `data` from `at` on decompresses to, as far as the member goes; then `consumed_to` is where it stopped.

        Raises MemberError. `is_whole` once the member has ended with a right checksum and length.
        """
        held = b""
        if self._held is not None:
            held, self._held = self._held, self._held + data[at : at + _MOST_HEADER]
            if (header := _header_to_feed_whole(self._held)) is None:
                if len(self._held) >= _MOST_HEADER:
                    raise MemberError(f"its header does not end within {_MOST_HEADER} bytes")
                self.consumed_to = len(data)
                return
            self._feed = max(self._feed, header)
            self._held = None
        view = memoryview(data)
        while at < len(data) and not self.is_whole:
            fed_to = min(at + self._feed, len(data))
            self.fed += fed_to - at
            inflated = self._decompress(held + view[at:fed_to] if held else view[at:fed_to])
            held = b""
            while True:
                if inflated:
                    yield inflated
                if self._stream.eof or self._stream.needs_input:
                    break
                self._limit = min(self._limit * 4, self._size)
                inflated = self._decompress(b"")
            self.is_whole = self._stream.eof
            at = fed_to - len(self._stream.unused_data) if self.is_whole else fed_to
            self._feed = min(self._feed * 4, _MOST)
        self.consumed_to = at

    def _decompress(self, data: bytes | memoryview) -> bytes:
        try:
            inflated: bytes = self._stream.decompress(data, self._limit)
        except _REFUSALS as error:
            raise MemberError(str(error)) from error
        return inflated


def _header_to_feed_whole(header: bytes) -> int | None:
    """How many bytes of the header must be fed at once: isal misreads several optional fields that come in two parts.

    None where they are not all there. Raises MemberError where reserved flags are set ("must give an error
    indication"), which isal reads over.
    """
    if len(header) < 4:
        return None
    flags = header[3]
    if flags & _RESERVED:
        raise MemberError("its header has reserved flags set")
    if flags & ~1 in (0, _EXTRA_FIELD, _NAME, _COMMENT):
        return 0
    end = 10
    if flags & _EXTRA_FIELD:
        end = 12 + int.from_bytes(header[10:12].ljust(2, b"\0"), "little")
    for text in (_NAME, _COMMENT):
        if flags & text:
            end = header.find(b"\0", end) + 1 or len(header) + 1
    if flags & _HEADER_CHECKSUM:
        end += 2
    return end if end <= len(header) else None
