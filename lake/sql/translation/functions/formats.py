"""format(), which is Java's Formatter."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import partial
from typing import Any

from lake.sql.translation.functions.double_texts import java_text, shortest_double, shortest_real
from lake.sql.translation.identifiers import literal
from lake.sql.translation.python_functions import PythonFunction, UnansweredError
from lake.sql.translation.signatures import Call, Function, RefusedCallError

_EXACT = Context(prec=500, rounding=ROUND_HALF_UP)
_WHOLE, _FLOATS, _TIMES = (
    ("tinyint", "smallint", "integer", "bigint"),
    ("real", "double"),
    ("date", "time", "timestamp"),
)
_PLAIN = (*_WHOLE, "boolean", "decimal", "varchar", "json", "uuid", "unknown", *_TIMES)
_MOST_ARGUMENTS = 20


def _format(call: Call) -> str:
    """A call of the function in Python, which is given the types, texts and doubles of the arguments."""
    kinds, texts, doubles = [], [], []
    for argument in call.arguments[1:]:
        kind = argument.type.name
        if kind not in _PLAIN + _FLOATS:
            raise RefusedCallError(f"{argument.type} is not formatted")
        is_float = kind in _FLOATS
        kinds.append(literal(kind))
        texts.append("NULL" if is_float else f"CAST({argument.sql} AS VARCHAR)")
        doubles.append(f"CAST({argument.sql} AS DOUBLE)" if is_float else "NULL")
    lists = (
        f"[{', '.join(kinds)}]",
        f"CAST([{', '.join(texts)}] AS VARCHAR[])",
        f"CAST([{', '.join(doubles)}] AS DOUBLE[])",
    )
    return f"athena_format({call.arguments[0].sql}, {', '.join(lists)})"


_SPECIFIER = re.compile(r"%(\d+\$)?([-#+ 0,(<]*)(\d+)?(\.\d+)?([tT])?([a-zA-Z%])")


@dataclass(frozen=True)
class _Specifier:
    flags: str
    width: int | None
    precision: int | None
    is_time: bool
    conversion: str

    @property
    def is_upper(self) -> bool:
        return self.conversion.isupper()

    def without(self, flags: str) -> _Specifier:
        return replace(self, flags="".join(set(self.flags) - set(flags)))

    def check_flags(self, allowed: str) -> None:
        """Raises ValueError for flags that the conversion does not take."""
        if set(self.flags) - set(allowed) or len(set(self.flags)) < len(self.flags):
            raise ValueError(f"%{self.conversion} does not take the flags '{self.flags}'")
        if self.width is None and set(self.flags) & set("-0"):
            raise ValueError(f"%{self.conversion}: the flags '{self.flags}' need a width")
        if {"-", "0"} <= set(self.flags) or {"+", " "} <= set(self.flags):
            raise ValueError(f"the flags '{self.flags}' exclude each other")

    def justified(self, text: str) -> str:
        room = (self.width or 0) - len(text.encode("utf-16-le")) // 2
        padding = " " * max(0, room)
        return text + padding if "-" in self.flags else padding + text

    def signed(self, magnitude: str, is_negative: bool, exponent: str = "") -> str:
        """A number with its sign, in groups and with zeros before it as the flags say."""
        if "," in self.flags and magnitude[0].isdigit():
            whole, point, fraction = magnitude.partition(".")
            magnitude = f"{int(whole):,}{point}{fraction}"
        before = ("(" if "(" in self.flags else "-") if is_negative else "+" if "+" in self.flags else ""
        before = before or (" " if " " in self.flags and not is_negative else "")
        after = ")" if is_negative and "(" in self.flags else ""
        if "0" in self.flags:
            magnitude = magnitude.rjust((self.width or 0) - len(before + exponent + after), "0")
        return f"{before}{magnitude}{exponent}{after}"


def athena_format(
    pattern: str | None, kinds: list[str] | None, texts: list[str | None] | None, doubles: list[float | None] | None
) -> str | None:
    """The pattern with the arguments in it."""
    if pattern is None or kinds is None or texts is None or doubles is None:
        return None
    arguments = [
        (kind, _argument(kind, text, double)) for kind, text, double in zip(kinds, texts, doubles, strict=True)
    ]
    made, at, ordinary, last = [], 0, 0, -1
    while at < len(pattern):
        if pattern[at] != "%":
            end = pattern.find("%", at)
            end = len(pattern) if end < 0 else end
            made.append(pattern[at:end])
            at = end
            continue
        found = _SPECIFIER.match(pattern, at)
        if found is None:
            raise ValueError(f"invalid format string: {pattern}")
        at = found.end()
        index, flags, width, precision, is_time, conversion = found.groups()
        specifier = _Specifier(
            flags.replace("<", ""),
            int(width) if width else None,
            int(precision[1:]) if precision else None,
            bool(is_time),
            conversion,
        )
        if conversion in "%n" and not is_time:
            if "<" in flags:
                raise ValueError(f"invalid format string: {pattern}")
            made.append(_fixed(specifier))
            continue
        if "<" in flags:
            place = last
        elif index:
            place = int(index[:-1]) - 1
        else:
            place, ordinary = ordinary, ordinary + 1
        if not 0 <= place < len(arguments):
            raise ValueError(f"invalid format string: {pattern}: an argument is missing")
        last = place
        text = _formatted(specifier, *arguments[place])
        made.append(text.upper() if (specifier.is_upper if not is_time else is_time == "T") else text)
    return "".join(made)


def _argument(kind: str, text: str | None, double: float | None) -> Any:
    if kind in _FLOATS:
        return double
    if text is None:
        return None
    if kind in _WHOLE:
        return int(text)
    if kind == "decimal":
        return Decimal(text)
    if kind in _TIMES:
        readers = {"date": date.fromisoformat, "time": time.fromisoformat, "timestamp": datetime.fromisoformat}
        try:
            return readers[kind](text)
        except ValueError:
            raise UnansweredError(f"format() reads the years 1 to 9999, not {text}") from None
    return text == "true" if kind == "boolean" else text


def _fixed(specifier: _Specifier) -> str:
    if specifier.conversion == "n":
        if specifier.flags or specifier.width is not None or specifier.precision is not None:
            raise ValueError("%n takes no flags and no width")
        return "\n"
    specifier.check_flags("-")
    if specifier.precision is not None:
        raise ValueError("%% takes no precision")
    return specifier.justified("%")


def _formatted(specifier: _Specifier, kind: str, value: Any) -> str:
    conversion = specifier.conversion
    if specifier.is_time:
        return _time(specifier, kind, value)
    match conversion.lower():
        case "s" | "b":
            return _text(specifier, kind, value)
        case "d" | "x" | "o" if conversion in "dxXo":
            return _whole(specifier, kind, value)
        case "e" | "f" | "g" if conversion in "eEfgG":
            return _fraction(specifier, kind, value)
        case "c":
            specifier.check_flags("-")
            if value is None and specifier.precision is None:
                return specifier.justified("null")
        case "h" | "a":
            raise UnansweredError(f"format() does not know %{conversion} here")
    raise ValueError(f"invalid format string: %{conversion} of {kind}")


def _text(specifier: _Specifier, kind: str, value: Any) -> str:
    specifier.check_flags("-")
    if specifier.conversion in "bB":
        text = "false" if value is None else "true" if value is not False or kind != "boolean" else "false"
    else:
        text = "null" if value is None else _shown(kind, value)
    if specifier.precision is not None:
        if max(text, default="") > "\uffff":
            raise UnansweredError("format() does not cut text beyond the basic plane here")
        text = text[: specifier.precision]
    return specifier.justified(text)


def _shown(kind: str, value: Any) -> str:
    """What Java's toString() gives."""
    match kind:
        case "boolean":
            return "true" if value else "false"
        case "double" | "real":
            is_usual = math.isfinite(value)
            shortest = shortest_double if kind == "double" else shortest_real
            return java_text(value, shortest(abs(value)) if is_usual else "")
        case "timestamp":
            return f"{value.date().isoformat()}T{_clock(value.time())}"
        case "time":
            return _clock(value)
        case "date":
            return str(value.isoformat())
    return str(value)


def _clock(value: time) -> str:
    if value.microsecond:
        return value.isoformat("milliseconds" if value.microsecond % 1000 == 0 else "microseconds")
    return value.isoformat("seconds" if value.second else "minutes")


def _whole(specifier: _Specifier, kind: str, value: Any) -> str:
    is_decimal = specifier.conversion == "d"
    specifier.check_flags("-+ 0,(" if is_decimal else "-#0")
    if specifier.precision is not None or kind not in (*_WHOLE, "unknown"):
        raise ValueError(f"invalid format string: %{specifier.conversion} of {kind}")
    if value is None:
        return specifier.justified("null")
    if is_decimal:
        return specifier.justified(specifier.signed(str(abs(value)), value < 0))
    is_octal = specifier.conversion == "o"
    digits = f"{value & (2**64 - 1):{'o' if is_octal else 'x'}}"
    prefix = ("0" if is_octal else "0x") if "#" in specifier.flags else ""
    if "0" in specifier.flags:
        digits = digits.rjust((specifier.width or 0) - len(prefix), "0")
    return specifier.justified(prefix + digits)


def _fraction(specifier: _Specifier, kind: str, value: Any) -> str:
    conversion = specifier.conversion.lower()
    specifier.check_flags({"e": "-+ 0(#", "f": "-+ 0,(#", "g": "-+ 0,("}[conversion])
    if "#" in specifier.flags:
        raise UnansweredError("format() does not know the flag # of fractions here")
    if kind not in (*_FLOATS, "decimal", "unknown"):
        raise ValueError(f"invalid format string: %{conversion} of {kind}")
    if value is None:
        return specifier.justified("null"[: specifier.precision])
    if kind in _FLOATS and not math.isfinite(value):
        return specifier.justified("NaN" if math.isnan(value) else specifier.without("0").signed("Infinity", value < 0))
    is_negative = math.copysign(1, value) < 0 if kind in _FLOATS else value < 0
    # A real is formatted as the double that it is.
    size = abs(value) if kind == "decimal" else Decimal(shortest_double(abs(value)))
    magnitude, power = _digits(conversion, size, 6 if specifier.precision is None else specifier.precision, kind)
    return specifier.justified(specifier.signed(magnitude, is_negative, power))


def _digits(conversion: str, size: Decimal, digits: int, kind: str) -> tuple[str, str]:
    """A number from zero up with so many digits, and its exponent where it is shown."""
    # Java takes the exponent of a decimal's zero from its scale.
    zero = size.adjusted() if kind == "decimal" else 0
    if conversion == "g":
        digits = max(1, digits)
        exponent = _adjusted(size, digits - 1) if size else 0
        is_fixed = -4 <= exponent < digits and (size or kind != "decimal")
        conversion, digits = ("f", digits - 1 - exponent) if is_fixed else ("e", digits - 1)
    if conversion == "f":
        return f"{size.quantize(Decimal(1).scaleb(-digits), context=_EXACT):f}", ""
    exponent = _adjusted(size, digits) if size else zero
    mantissa = size.scaleb(-exponent, _EXACT).quantize(Decimal(1).scaleb(-digits), context=_EXACT)
    return f"{mantissa:f}", f"e{'-' if exponent < 0 else '+'}{abs(exponent):02}"


def _adjusted(size: Decimal, digits: int) -> int:
    """The power of ten of the first digit, after rounding to so many digits behind it."""
    return size.quantize(Decimal(1).scaleb(size.adjusted() - digits), context=_EXACT).adjusted()


def _strftime(pattern: str, value: Any) -> str:
    return str(value.strftime(pattern))


_OF_DATES: dict[str, Callable[[Any], str]] = {
    "Y": lambda value: f"{value.year:04}",
    "C": lambda value: f"{value.year // 100:02}",
    "F": lambda value: f"{value.year:04}-{value.month:02}-{value.day:02}",
    "e": lambda value: str(value.day),
    "h": partial(_strftime, "%b"),
    "D": partial(_strftime, "%m/%d/%y"),
    **{part: partial(_strftime, f"%{part}") for part in "ymBbdAaj"},
}
_OF_TIMES: dict[str, Callable[[Any], str]] = {
    "k": lambda value: str(value.hour),
    "l": lambda value: str(value.hour % 12 or 12),
    "L": lambda value: f"{value.microsecond // 1000:03}",
    "N": lambda value: f"{value.microsecond * 1000:09}",
    "p": lambda value: "am" if value.hour < 12 else "pm",
    "R": partial(_strftime, "%H:%M"),
    "T": partial(_strftime, "%H:%M:%S"),
    "r": partial(_strftime, "%I:%M:%S %p"),
    **{part: partial(_strftime, f"%{part}") for part in "HIMS"},
}


def _time(specifier: _Specifier, kind: str, value: Any) -> str:
    specifier.check_flags("-")
    of_dates, of_times = ({} if kind == "time" else _OF_DATES), ({} if kind == "date" else _OF_TIMES)
    shown = {**of_dates, **of_times}.get(specifier.conversion)
    if kind in _WHOLE and value is not None:
        raise UnansweredError("format() does not take a whole number for a time here")
    is_known = specifier.conversion in {**_OF_DATES, **_OF_TIMES}
    if specifier.precision is not None or not is_known or (value is not None and (not shown or kind not in _TIMES)):
        raise ValueError(f"invalid format string: %t{specifier.conversion} of {kind}")
    return specifier.justified("null" if value is None or shown is None else shown(value))


_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[:_MOST_ARGUMENTS]

FUNCTIONS = (
    *(
        Function(
            f"format(varchar, {', '.join(_LETTERS[:count])}) -> varchar",
            _format,
            note="%h, %a and # of fractions are refused, and so are zoned times and intervals",
        )
        for count in range(1, _MOST_ARGUMENTS + 1)
    ),
)

PYTHON = (PythonFunction("athena_format", athena_format, ("VARCHAR", "VARCHAR[]", "VARCHAR[]", "DOUBLE[]"), "VARCHAR"),)
