"""One gzip member, decompressed as its bytes come."""

from __future__ import annotations

from collections.abc import Iterator

from isal import igzip_lib

_FIRST_FEED = 4 << 10  # small, because what a member leaves over of a feed is copied
_FIRST_LIMIT = 64 << 10  # small, because so much is set aside for each call, and many members are small
_MOST = 256 << 10  # of a feed, and of what is handed out at a time; more is no faster
_FLAGS_AT = 3
_RESERVED_FLAGS = 0xE0  # RFC 1952, 2.3.1.2: "must give an error indication"; the library reads over them
_REFUSALS: tuple[type[Exception], ...] = (igzip_lib.error, EOFError)  # type: ignore[assignment]  # its stubs name an instance


class MemberError(Exception):
    """A deflate stream that breaks, or a checksum or length that is not the content's."""


class Member:
    """A member that begins with the first byte fed. Hands out at most `size` bytes at a time, whatever it holds."""

    def __init__(self, size: int) -> None:
        self._size = min(size, _MOST)
        self._limit = min(size, _FIRST_LIMIT)
        self._feed = _FIRST_FEED
        self._header = b""
        self._stream = igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP)
        self.is_whole = False
        self.consumed_to = 0

    def inflate(self, data: bytes, at: int) -> Iterator[bytes]:
        """What `data` from `at` on decompresses to, as far as the member goes; then `consumed_to` is where it stopped.

        Raises MemberError. `is_whole` once the member has ended with a right checksum and length.
        """
        if len(self._header) <= _FLAGS_AT:
            self._header += data[at : at + _FLAGS_AT + 1 - len(self._header)]
            if self._header[_FLAGS_AT:] and self._header[_FLAGS_AT] & _RESERVED_FLAGS:
                raise MemberError("its header has reserved flags set")
        view = memoryview(data)
        while at < len(data) and not self.is_whole:
            fed_to = min(at + self._feed, len(data))
            inflated = self._decompress(view[at:fed_to])
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
