"""Classes of characters and the folding of cases as Trino's patterns have them (Joni, of Unicode 6)."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

LAST = 0x10FFFF
Ranges = tuple[tuple[int, int], ...]


class PatternRefusedError(Exception):
    """A pattern, or a part of one, that has no equal here; the message says which."""


def complement(ranges: Ranges) -> Ranges:
    """All other characters."""
    found, at = [], 0
    for low, high in sorted(ranges):
        if low > at:
            found.append((at, low - 1))
        at = max(at, high + 1)
    return (*found, *(((at, LAST),) if at <= LAST else ()))


_DIGIT: Ranges = ((48, 57),)
_WORD: Ranges = ((48, 57), (65, 90), (95, 95), (97, 122))
_SPACE: Ranges = ((9, 13), (32, 32))
CLASSES = {"d": _DIGIT, "w": _WORD, "s": _SPACE}
CLASSES |= {name.upper(): complement(ranges) for name, ranges in CLASSES.items()}
CONTROLS = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "v": "\v", "a": "\a", "e": "\x1b"}
# Of POSIX's classes and properties, Joni takes all of Unicode; here, values of ASCII alone are matched with them.
POSIX: dict[str, Ranges] = {
    "alpha": ((65, 90), (97, 122)),
    "digit": _DIGIT,
    "alnum": ((48, 57), (65, 90), (97, 122)),
    "upper": ((65, 90),),
    "lower": ((97, 122),),
    "xdigit": ((48, 57), (65, 70), (97, 102)),
    "space": _SPACE,
    "blank": ((9, 9), (32, 32)),
}
PROPERTIES = {
    "L": "alpha",
    "Lu": "upper",
    "Ll": "lower",
    "N": "digit",
    "Nd": "digit",
    **{name.capitalize(): name for name in ("alpha", "digit", "alnum", "upper", "lower", "space")},
}

# \b knows letters of all scripts, those of Unicode 6; these are in it, and Python has them for letters too.
_OLD_LETTERS = (
    (0xAA, 0x36F),
    (0x386, 0x3CE),
    (0x400, 0x481),
    (0x48A, 0x523),
    (0x5D0, 0x5EA),
    (0x621, 0x64A),
    (0x660, 0x669),
    (0x905, 0x939),
    (0xE01, 0xE30),
    (0x1E00, 0x1EFF),
    (0x3041, 0x3096),
    (0x30A1, 0x30FA),
    (0x4E00, 0x9FA5),
    (0xAC00, 0xD7A3),
)


@lru_cache(maxsize=4096)
def is_settled(character: str) -> bool:
    """Whether Python and Joni take it alike, as a part of a word or as none."""
    kind = unicodedata.category(character)
    if kind[0] in "PSZC":
        return kind != "Pc" and not 0x24B6 <= ord(character) <= 0x24E9
    return kind[0] != "M" and any(low <= ord(character) <= high for low, high in _OLD_LETTERS)


# Folding of cases. Joni knows Unicode's multi-letter foldings: ss is a sharp s, fi a ligature.
_ALSO = {"k": "\u212a", "s": "\u017f", "\u00e5": "\u212b"}
LIGATURES = re.compile("[\u00df\u1e9e\ufb00-\ufb06]")
LIGATURE_LETTERS = re.compile("ss|ff|fi|fl|st", re.IGNORECASE)


def folded(code: int) -> Ranges:
    """A letter in both cases. Raises PatternRefusedError for letters whose folding is not simple."""
    letter = chr(code)
    lower = letter.lower()
    if lower == letter.upper() and not unicodedata.combining(letter) and letter not in "\u02bc\u02be":
        return ((code, code),)
    is_simple = (0xC0 <= code <= 0x17E and letter not in "\u00df\u0130\u0131\u0149\u0178") or 0x400 <= code <= 0x45F
    if code > 127 and not is_simple:
        raise PatternRefusedError(f"the letter {letter} where cases are folded")
    return tuple((ord(each), ord(each)) for each in (lower, lower.upper(), *_ALSO.get(lower, "")))


def folded_ranges(ranges: Ranges) -> Ranges:
    """The ranges with the other case of their letters. Raises PatternRefusedError."""
    if sum(high - low for low, high in ranges) > 2000:
        raise PatternRefusedError("a class of so many characters where cases are folded")
    return tuple(each for low, high in ranges for code in range(low, high + 1) for each in folded(code))


def plain(code: int) -> str:
    """A character as both dialects write it, within a class and out of it."""
    character = chr(code)
    if character.isascii() and not character.isalnum() and character != "_":
        return f"\\{character}" if 32 < code < 127 else f"\\x{code:02x}"
    return character


def class_of(ranges: Ranges, is_negated: bool = False) -> str:
    """A class as both dialects write it."""
    merged: list[list[int]] = []
    for low, high in sorted(ranges):
        if merged and low <= merged[-1][1] + 1:
            merged[-1][1] = max(merged[-1][1], high)
        else:
            merged.append([low, high])
    texts = (plain(low) if low == high else f"{plain(low)}-{plain(high)}" for low, high in merged)
    return f"[{'^' if is_negated else ''}{''.join(texts)}]"
