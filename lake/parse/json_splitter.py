"""Where records begin and end in a stream of JSON, whatever form it has, and however it is damaged.

A stream is objects one after the other, with white space, byte-order marks or nothing between them; arrays of objects;
and envelopes, objects that begin with the member "Records" holding an array. Forms may follow each other. All that is
neither a record, nor white space, nor the syntax around records, is a frame with a fault, so that no byte is lost.

What a fault costs: an object that is no JSON ends where a record plausibly begins: at a line that begins with a bracket
at its margin; after `}` and the end of its line, unless the next line goes on with `,`, `}`, `]`, `:` or a string; at
`{` after `}` (and `,` in an array), where a JSON value follows. A record that goes on in the middle of one that was cut
is part of that one's payload: where it begins could only be guessed. Other junk ends at its line's end, or where an
object follows; in an array at the next comma, too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from types import MappingProxyType

from lake.parse.json_frame import Frame, MoreNeeded
from lake.parse.json_pieces import Gap, element_gap
from lake.parse.json_scanner import Extents, end_of_space, extent_of_value
from lake.parse.json_text import value_of
from lake.parse.reasons import Reason
from lake.parse.refused import shown

BOM = b"\xef\xbb\xbf"
_BETWEEN = re.compile(rb"(?:[ \t\r\n]++|\xef\xbb\xbf)*+")
_ENVELOPE = re.compile(rb'\{[ \t\r\n]*"Records"[ \t\r\n]*:[ \t\r\n]*\[(?=[ \t\r\n]*[{\]])')
_ENVELOPE_REACH = 256
_BOUNDARY_REACH = 64 << 10
# Alternatives begin with a character, so that others are passed quickly; groups are behind the one where an end may be.
_OBJECT_ENDS = re.compile(
    rb"\n(?P<margin>)(?=[\[{])|\}[ \t\r]*+\n(?P<line>)(?=[ \t\r\n]*+[^ \t\r\n,}\]:\"{\[])"
    rb"|\}[ \t\r\n]*(?<!\n)\{(?P<next>)"
)
_ELEMENT_ENDS = re.compile(rb"\}[ \t\r\n]*,?[ \t\r\n]*\{(?P<next>)|\n\{(?P<next_line>)|\}[ \t\r\n]*\](?P<close>)")
_JUNK_ENDS = re.compile(rb"\n(?P<line>)|\{(?P<next>)(?=[ \t\r\n]*[\"}])")
_ELEMENT_JUNK_ENDS = re.compile(rb"\n(?P<line>)|,(?P<comma>)|\{(?P<next>)(?=[ \t\r\n]*[\"}])|\](?P<close>)")
_AFTER_ARRAY = re.compile(rb"[ \t\r\n]*(?:[\[{]|\Z)")
_AFTER_ENVELOPE = re.compile(rb"[ \t\r\n]*\}[ \t\r\n]*(?:[\[{]|\Z)")
_TAIL_WINDOW = 4 << 10
_DELIMITER = re.compile(rb"[ \t\r\n,\]\[{}]|\Z")
NONE_LIKELY: Mapping[int, int] = MappingProxyType({})
_LEFT_COMMA = re.compile(rb",[ \t\r\n]*\{")


class Splitter:
    """Finds frames, one after the other. It keeps whether the stream is within an array; the buffer is the caller's.

    `fields` are the table's: an object that begins with one is a record; with "Records" there are no envelopes.
    `base` is the stream's offset of the buffer's first byte, `is_last` whether no byte follows the buffer's.
    """

    def __init__(self, fields: Collection[str]) -> None:
        self._envelopes = "Records" not in fields
        self._known = known = b"|".join(
            re.escape(json.dumps(name, ensure_ascii=False).encode()) for name in sorted(fields)
        )
        self._begins_record = re.compile(rb"\{[ \t\r\n]*(?:" + known + rb")[ \t\r\n]*:")
        self._extents = Extents()
        self.in_array = False
        self.base = 0
        self.is_last = False
        self._opener: tuple[int, bytes] | None = None
        self._is_envelope = False
        self._in_envelope_tail = False
        self._has_element = False

    def next(self, data: bytes, at: int, likely: Mapping[int, int] = NONE_LIKELY) -> Frame | int:
        """The frame at or after `at`; or, where only space and syntax is left, the position after that.

        `likely` says where objects that begin at a place may end. Raises MoreNeeded.
        """
        while True:
            at = _past_gap(data, at)
            if at >= len(data):
                return at
            if self._in_envelope_tail:
                frame = self._after_records(data, at)
            elif data[at : at + 1] == b"{" and not self._opens_envelope(data, at):
                return self._object(data, at, likely.get(at))
            else:
                frame = self._in_array_at(data, at) if self.in_array else self._at_top(data, at)
            if isinstance(frame, Frame):
                return frame
            at = frame

    @property
    def state(self) -> tuple[bool, bool, bool]:
        """What decides how the next byte is to be understood, but for commas."""
        return self.in_array, self._is_envelope and self.in_array, self._in_envelope_tail

    def past_syntax(self, data: bytes, at: int) -> int:
        """Where the next record may begin: after white space, and after the comma that follows an element."""
        at = _past_gap(data, at)
        if self.in_array and self._has_element and data[at : at + 1] == b",":
            self._has_element = False
            at = _past_gap(data, at + 1)
        return at

    def last_boundary(self, data: bytes, at: int, stop: int) -> int:
        """The last place up to `stop` where records seem to break, or `at`; nothing but syntax follows a record."""
        if self._in_envelope_tail:
            return at
        if not self.in_array:
            if stop == len(data) and self.is_last:
                return stop
            if (margin := data.rfind(b"}\n{", at, stop)) >= 0:
                return margin + 1
            return max(data.rfind(b"\n", at, stop) + 1 or data.rfind(b"}{", at, stop) + 1, at)
        gap = self.gap(data, at)
        lowest = max(at, stop - _BOUNDARY_REACH)
        while gap is not None and (end := data.rfind(b"},", lowest, stop)) >= 0:
            if gap.match(data, end):
                return end + 1
            stop = end
        return at

    def gap(self, data: bytes, at: int) -> Gap | None:
        """What the elements of an array break at, None outside of one; the one at `at` is the next."""
        return element_gap(data, at, self._known) if self.in_array else None

    def begins_object(self, data: bytes, at: int) -> bool:
        """Whether an object outside of any array begins here, and is no envelope. Raises MoreNeeded."""
        is_outside = not self.in_array and not self._in_envelope_tail and data[at : at + 1] == b"{"
        return is_outside and not self._opens_envelope(data, at)

    def enter_array(self, base: int) -> None:
        """What follows are the elements of an array, all of it in the buffer; `base` is of that."""
        self.base, self.is_last = base, True
        self.in_array, self._is_envelope, self._has_element, self._opener = True, False, False, None

    def passed_records(self) -> None:
        """The caller has found records by itself; what follows is what follows a record."""
        self._has_element = True

    def finish(self, was_cut: bool) -> Frame | None:
        """The stream ends, or has a gap: what is still open is forgotten. A frame where an array was never closed.

        With `was_cut` the last record was truncated, which says it all.
        """
        opener = self._opener if (self.in_array or self._in_envelope_tail) and not was_cut else None
        self.in_array = self._in_envelope_tail = False
        return opener and Frame(0, 0, Reason.TRUNCATED, "the array that begins here is never closed", opener)

    def _opens_envelope(self, data: bytes, at: int) -> bool:
        """Whether an envelope begins here; if so, next comes what follows its bracket."""
        if self.in_array or not self._envelopes:
            return False
        if not self.is_last and len(data) - at < _ENVELOPE_REACH:
            raise MoreNeeded(at)
        return _ENVELOPE.match(data, at, at + _ENVELOPE_REACH) is not None

    def _open(self, data: bytes, at: int, end: int, is_envelope: bool) -> int:
        self.in_array, self._is_envelope, self._has_element = True, is_envelope, False
        self._opener = (self.base + at, data[at:end])
        return end

    def _at_top(self, data: bytes, at: int) -> Frame | int:
        if data[at : at + 1] == b"[":
            return self._open(data, at, at + 1, is_envelope=False)
        if envelope := _ENVELOPE.match(data, at):
            return self._open(data, at, envelope.end(), is_envelope=True)
        if data[at : at + 1] == b",":
            if end_of_space(data, at + 1) == len(data) and not self.is_last:
                raise MoreNeeded(at)
            if _LEFT_COMMA.match(data, at):
                # The rest of an array whose beginning was lost, or lines that end with commas: one fault for all.
                self.in_array, self._is_envelope, self._has_element, self._opener = True, False, False, None
                return Frame(at, at + 1, Reason.INVALID_JSON, "a comma between records outside any array")
        return self._other(data, at)

    def _in_array_at(self, data: bytes, at: int) -> Frame | int:
        if data[at : at + 1] == b"]":
            self.in_array, self._in_envelope_tail = False, self._is_envelope
            return at + 1
        if data[at : at + 1] == b"," and self._has_element:
            self._has_element = False
            return at + 1
        if data[at : at + 1] == b",":
            return Frame(at, at + 1, Reason.INVALID_JSON, "a comma with no element before it")
        self._has_element = True
        return self._other(data, at)

    def _after_records(self, data: bytes, at: int) -> Frame | int:
        """What follows the array of an envelope: its end, or other members, which are no record of their own."""
        if data[at : at + 1] == b"}":
            self._in_envelope_tail = False
            return at + 1
        if data[at : at + 1] == b",":
            extent = extent_of_value(b"{" + data[at + 1 : at + _TAIL_WINDOW], 0)
            if extent.end is None and extent.is_cut:
                extent = extent_of_value(b"{" + data[at + 1 :], 0)
            if extent.end is None and extent.is_cut and not self.is_last:
                raise MoreNeeded(at)
            if extent.end is not None:
                self._in_envelope_tail = False
                return Frame(at, at + extent.end, Reason.NOT_AN_OBJECT, "members beside the Records of an envelope")
        self._in_envelope_tail = False
        return at

    def _object(self, data: bytes, at: int, likely_end: int | None) -> Frame:
        self._has_element = True
        extent = self._extents.at(data, at, likely_end)
        if extent.end is not None:
            return Frame(at, extent.end)
        if extent.is_cut and not self.is_last:
            raise MoreNeeded(at)
        reason = Reason.TRUNCATED if extent.is_cut else Reason.INVALID_JSON
        end = self._end_of_fault(data, at, _ELEMENT_ENDS if self.in_array else _OBJECT_ENDS)
        return Frame(at, end, reason, extent.message)

    def _other(self, data: bytes, at: int) -> Frame:
        """What is no object: another JSON value, or junk."""
        extent = self._extents.at(data, at)
        if extent.end is not None and (extent.end < len(data) or self.is_last) and _DELIMITER.match(data, extent.end):
            message = f"expected an object, got {_shown(data[at : extent.end])}"
            return Frame(at, extent.end, Reason.NOT_AN_OBJECT, message)
        if not self.is_last and (extent.is_cut or extent.end == len(data)):
            raise MoreNeeded(at)
        end = self._end_of_fault(data, at, _ELEMENT_JUNK_ENDS if self.in_array else _JUNK_ENDS)
        reason = Reason.TRUNCATED if extent.is_cut else Reason.INVALID_JSON
        return Frame(at, end, reason, extent.message or "not a JSON value")

    def _end_of_fault(self, data: bytes, at: int, ends: re.Pattern[bytes]) -> int:
        for match in ends.finditer(data, at + 1):
            kind = match.lastgroup or ""
            place = match.end(kind) - 1
            if kind == "close":
                after = _AFTER_ENVELOPE if self._is_envelope else _AFTER_ARRAY
                follows = after.match(data, match.end())
                if follows is not None and (follows.end() < len(data) or self.is_last):
                    return place
            elif not kind.startswith("next"):
                return place
            elif self._begins_record.match(data, place):
                return self._before(data, place)
            else:
                extent = self._extents.at(data, place)
                if extent.end is not None or (extent.is_cut and self.is_last):
                    return self._before(data, place)
                if extent.is_cut:
                    break
        if self.is_last:
            return len(data)
        raise MoreNeeded(at)

    def _before(self, data: bytes, start: int) -> int:
        """Where what ends before the record at `start` ends: without the comma, which is the array's."""
        rest = data[max(start - 64, 0) : start].rstrip(b" \t\r\n")
        end = start - (min(start, 64) - len(rest))
        return end - 1 if self.in_array and rest.endswith(b"},") else end


def _shown(source: bytes) -> str:
    return "array" if source.startswith(b"[") else shown(value_of(source.decode(errors="replace")))


def _past_gap(data: bytes, at: int) -> int:
    """Behind white space and byte-order marks."""
    return _BETWEEN.match(data, at).end()  # type: ignore[union-attr]  # matches the empty text
