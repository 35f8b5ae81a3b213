"""Patterns as Trino reads them (Joni with Java's syntax), in the dialects of Python's re and of DuckDB's RE2.

A pattern is read into pieces, each with its text in both dialects, so that a piece means the same in all three: classes
such as \\w are of ASCII, $ also stands before a last line feed, a case is folded by naming the letters. What has no
equal is refused: a wrong answer would be the alternative. RE2's text is None for what only Python can do, such as
looking around; it is also set aside where values hold line feeds or letters that it would take otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import filterfalse

from lake.sql.translation.functions.characters import (
    CLASSES,
    CONTROLS,
    LAST,
    LIGATURE_LETTERS,
    LIGATURES,
    POSIX,
    PROPERTIES,
    PatternRefusedError,
    Ranges,
    class_of,
    complement,
    folded,
    folded_ranges,
    is_settled,
    plain,
)
from lake.sql.translation.python_functions import UnansweredError

_MOST_REPEATS = 1000  # RE2's limit, of nested ones together


@dataclass(frozen=True)
class _Piece:
    """A part of a pattern; `least` and `most` are characters that it takes, `repeats` how often RE2 writes it out."""

    python: str
    re2: str | None
    least: int
    most: int | None
    repeats: int = 1
    is_anchor: bool = False


@dataclass
class Group:
    """A group that captures: the fewest characters it takes, and whether each match has it."""

    least: int = 0
    is_certain: bool = True
    is_closed: bool = False


@dataclass(frozen=True)
class Pattern:
    """A pattern in both dialects; `re2_at_end` has what is after the last $ taken with it.

    `needs_ascii`: RE2 takes other texts otherwise, and so may Python, which then does not answer.
    """

    python: str
    re2: str | None
    re2_at_end: str | None
    least: int
    groups: tuple[Group, ...]
    names: dict[str, int] = field(hash=False)
    has_line_ends: bool
    has_boundaries: bool
    has_short_end: bool
    is_ascii: bool
    has_ligatures: bool

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        """Python's."""
        return re.compile(self.python)

    @property
    def needs_ascii(self) -> bool:
        """Whether texts beyond ASCII may be taken otherwise."""
        return self.has_boundaries or self.has_short_end or self.is_ascii or self.has_ligatures

    def checked(self, text: str) -> str:
        """The text. Raises UnansweredError where it holds what the pattern might take otherwise."""
        if text.isascii():
            return text
        if self.has_boundaries and not all(map(is_settled, filterfalse(str.isascii, text))):
            raise UnansweredError("a text is matched with \\b that holds characters which may be a part of a word")
        if self.has_short_end:
            # Joni misses the empty match behind a last character of more bytes than the pattern can take.
            raise UnansweredError("a text beyond ASCII is matched with a pattern that may be empty at its end")
        if self.is_ascii:
            raise UnansweredError("a text beyond ASCII is matched with a class of Unicode's")
        if self.has_ligatures and LIGATURES.search(text):
            raise UnansweredError("a text with ligatures or a sharp s is matched while cases are folded")
        return text

    def matches(self, text: str, start: int = 0) -> Iterator[re.Match[str]]:
        """All matches as Trino looks for them: behind an empty one it goes on with the next character."""
        self.checked(text)
        while start <= len(text):
            found = self.compiled.search(text, start)
            if found is None:
                return
            yield found
            start = found.end() + (found.start() == found.end())


@lru_cache(maxsize=512)
def pattern(text: str) -> Pattern:
    """The pattern of a text. Raises PatternRefusedError."""
    try:
        return _Reader(text).whole()
    except IndexError:
        raise PatternRefusedError(f"the pattern '{text}': it ends early") from None
    except PatternRefusedError as error:
        raise PatternRefusedError(f"the pattern '{text}': {error}") from None


_QUANTIFIER = re.compile(r"(?:([*+?])|\{(\d+)(?:(,)(\d*))?\})([?+]?)", re.ASCII)
_FLAGS = re.compile(r"\(\?([ims]+)\)")
_ANCHORS = {"b": (r"\b", r"\b"), "B": (r"(?!\b)", r"\B"), "A": (r"\A", r"\A"), "z": (r"\Z", r"\z")}
_CODES = re.compile(r"(?<=x)([0-7][0-9A-Fa-f])|(?<=x)\{([0-9A-Fa-f]{1,6})\}|(?<=u)([0-9A-Fa-f]{4})")
_SCOPED = re.compile(r"\(\?([ims]+)([:)])")
_OPENING = re.compile(r"\((?:\?(?:(<[A-Za-z]\w*>)|([:>=!]|<[=!])))?")


class _Reader:
    def __init__(self, text: str):
        self.text = text
        flags = _FLAGS.match(text)
        self.at = flags.end() if flags else 0
        self.flags = flags[1] if flags else ""
        self.is_folded = "i" in self.flags
        self.groups: list[Group] = []
        self.names: dict[str, int] = {}
        self.has_line_ends = self.has_boundaries = self.is_ascii = False
        self.ends, self.is_soft_end, self.anchors = 0, False, 0

    def whole(self) -> Pattern:
        whole = self._alternatives()
        if self.at < len(self.text):
            raise PatternRefusedError("a parenthesis without its other")
        at_end = whole.re2
        if self.ends == 1 and self.is_soft_end and whole.re2 and whole.re2.endswith(r"\z") and "|" not in self.text:
            at_end = rf"{whole.re2[:-2]}\n?\z"
        letters = "".join(filter(str.isalpha, self.text))
        has_ligatures = self.is_folded and LIGATURE_LETTERS.search(letters) is not None
        return Pattern(
            python=whole.python,
            re2=whole.re2,
            re2_at_end=at_end if at_end != whole.re2 else None,
            least=whole.least,
            groups=tuple(self.groups),
            names=self.names,
            has_line_ends=self.has_line_ends,
            has_boundaries=self.has_boundaries,
            has_short_end=self.ends > 0 and whole.least == 0 and bool(whole.most),
            is_ascii=self.is_ascii,
            has_ligatures=has_ligatures,
        )

    def _peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def _next(self) -> str:
        self.at += 1
        return self.text[self.at - 1]

    def _alternatives(self) -> _Piece:
        first, flags = len(self.groups), self.flags
        branches = [self._sequence()]
        while self._peek() == "|":
            self.at += 1
            branches.append(self._sequence())
        if len(branches) > 1 and self.flags != flags:
            raise PatternRefusedError("flags among alternatives")
        self.flags = flags
        if len(branches) == 1:
            return branches[0]
        self._uncertain(first)
        texts = [branch.re2 for branch in branches if branch.re2 is not None]
        return _Piece(
            "|".join(branch.python for branch in branches),
            "|".join(texts) if len(texts) == len(branches) else None,
            min(branch.least for branch in branches),
            None if any(b.most is None for b in branches) else max(b.most or 0 for b in branches),
            max(branch.repeats for branch in branches),
        )

    def _uncertain(self, first: int) -> None:
        for group in self.groups[first:]:
            group.is_certain = False

    def _sequence(self) -> _Piece:
        python, re2, least, repeats = "", "", 0, 1
        has_re2, most = True, 0
        is_bounded = True
        while self._peek() not in ("", "|", ")"):
            piece = self._quantified()
            python += piece.python
            re2 += piece.re2 or ""
            has_re2 &= piece.re2 is not None
            least += piece.least
            is_bounded &= piece.most is not None
            most += piece.most or 0
            repeats = max(repeats, piece.repeats)
        return _Piece(python, re2 if has_re2 else None, least, most if is_bounded else None, repeats)

    def _quantified(self) -> _Piece:
        first = len(self.groups)
        piece = self._atom()
        self.anchors += piece.is_anchor
        found = _QUANTIFIER.match(self.text, self.at)
        if found is None:
            return piece
        self.at = found.end()
        if _QUANTIFIER.match(self.text, self.at):
            raise PatternRefusedError("a quantifier behind another")
        low, high = {"*": (0, None), "+": (1, None), "?": (0, 1)}.get(found[1] or "", (int(found[2] or 0), None))
        if found[2]:
            high = low if found[3] is None else int(found[4]) if found[4] else None
        if piece.is_anchor or (piece.least == 0 and high not in (low, 1)):
            raise PatternRefusedError("a part that may be empty is repeated")
        if high == 0 or max(low, high or 0) > _MOST_REPEATS or (high is not None and low > high):
            raise PatternRefusedError(f"{found[0]} as a quantifier")
        if low == 0:
            self._uncertain(first)
        repeats = piece.repeats * max(low, high or 1)
        has_re2 = piece.re2 is not None and found[5] != "+" and repeats <= _MOST_REPEATS
        most = None if high is None or piece.most is None else piece.most * high
        return _Piece(
            f"{piece.python}{found[0]}", f"{piece.re2}{found[0]}" if has_re2 else None, piece.least * low, most, repeats
        )

    def _atom(self) -> _Piece:
        character = self._next()
        match character:
            case ".":
                text = "(?s:.)" if "s" in self.flags else r"[^\n]"
                return _Piece(text, text, 1, 1)
            case "^" | "$":
                return self._line_end(character)
            case "[":
                text = self._bracket()
                return _Piece(text, text, 1, 1)
            case "(":
                return self._group()
            case "\\":
                return self._escape()
            case "*" | "+" | "?":
                raise PatternRefusedError(f"{character} without what it repeats")
            case "{" if _QUANTIFIER.match(self.text, self.at - 1):
                raise PatternRefusedError("a number of repeats without what they repeat")
        return self._character(ord(character))

    def _character(self, code: int) -> _Piece:
        ranges = folded(code) if "i" in self.flags else ((code, code),)
        text = class_of(ranges) if len(ranges) > 1 else plain(code)
        return _Piece(text, text, 1, 1)

    def _line_end(self, character: str) -> _Piece:
        if "m" in self.flags:
            self.has_line_ends = True
            python = r"(?:\A|(?<=\n)(?!\Z))" if character == "^" else r"(?=\n|\Z)"
            return _Piece(python, r"\A" if character == "^" else r"\z", 0, 0, is_anchor=True)
        if character == "^":
            return _Piece(r"\A", r"\A", 0, 0, is_anchor=True)
        return self._end()

    def _end(self) -> _Piece:
        self.has_line_ends = self.is_soft_end = True
        self.ends += 1
        return _Piece(r"(?=\n?\Z)", r"\z", 0, 0, is_anchor=True)

    def _escape(self) -> _Piece:
        character = self._next()
        if character in CLASSES or character in "pP":
            text = self._class_escape(character)
            return _Piece(text, text, 1, 1)
        if character in _ANCHORS:
            self.has_boundaries |= character in "bB"
            self.ends += character == "z"
            return _Piece(*_ANCHORS[character], 0, 0, is_anchor=True)
        if character == "Z":
            return self._end()
        if character in "123456789":
            return self._reference(int(character))
        return self._character(self._code(character))

    def _class_escape(self, character: str) -> str:
        if character in CLASSES:
            ranges = CLASSES[character]
            return class_of(complement(ranges), is_negated=True) if character.isupper() else class_of(ranges)
        return class_of(self._property(), is_negated=character == "P")

    def _code(self, character: str) -> int:
        """The character that an escape stands for."""
        if character in CONTROLS:
            return ord(CONTROLS[character])
        found = _CODES.match(self.text, self.at)
        if character in "xu" and found:
            self.at = found.end()
            code = int(found[1] or found[2] or found[3], 16)
            if code <= LAST and not 0xD800 <= code < 0xE000:
                return code
        if character.isalnum() and character.isascii():
            raise PatternRefusedError(f"\\{character}")
        return ord(character)

    def _property(self) -> Ranges:
        found = re.compile(r"\{(\w+)\}").match(self.text, self.at)
        if found is None or found[1] not in PROPERTIES or "i" in self.flags:
            raise PatternRefusedError(r"\p of a property that is not known here")
        self.at = found.end()
        self.is_ascii = True
        return POSIX[PROPERTIES[found[1]]]

    def _reference(self, number: int) -> _Piece:
        if self._peek().isdecimal() or number > len(self.groups) or not self.groups[number - 1].is_closed:
            raise PatternRefusedError(f"\\{number} before its group")
        if "i" in self.flags:
            raise PatternRefusedError("a reference to a group where cases are folded")
        return _Piece(rf"(?:\{number})", None, 0, None)

    def _flagged(self, flags: str, ending: str) -> _Piece:
        """What stands behind flags, up to the end of the group that they are in or that they begin."""
        self.is_folded |= "i" in flags
        before = self.flags
        self.flags += flags
        if ending == ")":
            return _Piece("", "", 0, 0, is_anchor=True)
        inside = self._alternatives()
        self.flags = before
        if self._next() != ")":
            raise PatternRefusedError("a parenthesis without its other")
        re2 = f"(?:{inside.re2})" if inside.re2 is not None else None
        return _Piece(f"(?:{inside.python})", re2, inside.least, inside.most, inside.repeats)

    def _group(self) -> _Piece:
        self.at -= 1
        flags = _SCOPED.match(self.text, self.at)
        if flags:
            self.at = flags.end()
            return self._flagged(flags[1], flags[2])
        found = _OPENING.match(self.text, self.at)
        if found is None or (self.text.startswith("(?", self.at) and len(found[0]) == 1):
            raise PatternRefusedError(f"{self.text[self.at : self.at + 4]}")
        self.at = found.end()
        kind = found[2] or ""
        first, anchors = len(self.groups), self.anchors
        group = None
        if not kind:
            group = Group()
            self.groups.append(group)
            if found[1]:
                if found[1][1:-1] in self.names:
                    raise PatternRefusedError("two groups of one name")
                self.names[found[1][1:-1]] = len(self.groups)
        inside = self._alternatives()
        if self._next() != ")":
            raise PatternRefusedError("a parenthesis without its other")
        if group is not None:
            group.least, group.is_closed = inside.least, True
        if kind in ("", ":"):
            opening = "(" if kind == "" else "(?:"
            re2 = f"{opening}{inside.re2})" if inside.re2 is not None else None
            return _Piece(f"{opening}{inside.python})", re2, inside.least, inside.most, inside.repeats)
        if kind == ">":
            return _Piece(f"(?>{inside.python})", None, inside.least, inside.most)
        if kind != "=" and len(self.groups) > first:
            raise PatternRefusedError(f"a group within (?{kind}")
        if kind in ("<=", "<!") and (inside.least != inside.most or self.anchors > anchors):
            raise PatternRefusedError("looking behind by different lengths, or for a place")
        return _Piece(f"(?{kind}{inside.python})", None, 0, 0, is_anchor=True)

    def _bracket(self) -> str:
        is_negated = self._peek() == "^"
        self.at += is_negated
        ranges: list[tuple[int, int]] = []
        is_first, is_after_range = True, False
        while (character := self._next()) != "]" or is_first:
            is_first = False
            if self.text.startswith("&&", self.at - 1):
                raise PatternRefusedError("&& within a class")
            if character == "-" and is_after_range and self._peek() != "]":
                is_after_range = False
                continue  # Joni takes no notice of it
            is_after_range = False
            found = self._of_class(character)
            if len(found) == 1 and found[0][0] == found[0][1] and self._is_range():
                self.at += 1
                last = self._of_class(self._next())
                if len(last) > 1 or last[0][0] != last[0][1] or last[0][0] < found[0][0]:
                    raise PatternRefusedError("a range within a class that has no last character")
                found, is_after_range = ((found[0][0], last[0][0]),), True
            ranges += found
        if "i" in self.flags:
            ranges = [*folded_ranges(tuple(ranges))]
        return class_of(tuple(ranges), is_negated)

    def _is_range(self) -> bool:
        return self._peek() == "-" and self.text[self.at + 1 : self.at + 2] not in ("]", "")

    def _of_class(self, character: str) -> Ranges:
        if character == "[":
            found = re.compile(r":(\w+):\]").match(self.text, self.at)
            if found is None or found[1] not in POSIX or "i" in self.flags:
                raise PatternRefusedError("[ within a class")
            self.at = found.end()
            self.is_ascii = True
            return POSIX[found[1]]
        if character != "\\":
            return ((ord(character), ord(character)),)
        escaped = self._next()
        if escaped in CLASSES:
            return CLASSES[escaped]
        if escaped == "p":
            return self._property()
        code = 8 if escaped == "b" else self._code(escaped)
        return ((code, code),)
