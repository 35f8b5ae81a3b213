"""Texts of doubles and reals as Trino prints them, which is as Java does: not always with the fewest digits."""

from __future__ import annotations

import math
import struct
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

from lake.sql.translation.python_functions import PythonFunction

_FRACTION_BITS, _BIAS = 52, 1023
# From the least normal double up to where all are whole, no decimal of 17 digits lies half way between two doubles:
# the shortest decimal is what every algorithm finds, but for powers of two.
_LEAST_NORMAL, _MOST_FRACTION = 2.0**-1022, 2.0**53


def athena_double_text(value: float | None) -> str | None:
    """CAST(double AS varchar): 1.5E0, 0E0, NaN."""
    if value is None:
        return None
    special = _special(value)
    if special is not None:
        return special
    size = abs(value)
    is_usual = _LEAST_NORMAL < size < _MOST_FRACTION and math.frexp(size)[0] != 0.5
    digits, exponent = decimal_digits(repr(size)) if is_usual else _java_digits(size)
    return _scientific(digits, exponent, value < 0)


def athena_real_text(value: float | None) -> str | None:
    """CAST(real AS varchar): seven digits at most of its shortest text."""
    if value is None:
        return None
    special = _special(value)
    if special is not None:
        return special
    number = float(shortest_real(abs(value)))
    exact = Decimal(number)
    halves = ROUND_HALF_UP if number < 2.0**63 and number.is_integer() else ROUND_HALF_EVEN  # as DecimalFormat does
    rounded = exact.quantize(Decimal(1).scaleb(exact.adjusted() - 6), halves)
    digits, exponent = decimal_digits(str(rounded))
    return _scientific(digits, exponent, value < 0)


def athena_real_shortest(value: float | None) -> str | None:
    """The decimal that a real stands for in a cast to decimal."""
    if value is None:
        return None
    if not math.isfinite(value):
        raise ValueError(f"cannot cast real {value} to decimal")
    return f"{Decimal(shortest_real(abs(value))).copy_sign(Decimal(value)):f}"


def athena_double_shortest(value: float | None) -> str | None:
    """The same of a double."""
    if value is None:
        return None
    if not math.isfinite(value):
        raise ValueError(f"cannot cast double {value} to decimal")
    return f"{Decimal(shortest_double(abs(value))).copy_sign(Decimal(value)):f}"


def shortest_double(value: float) -> str:
    """A double from zero up in the fewest digits, as Double.toString chooses them: the least ones have two."""
    text = repr(value)
    return f"{value:.1e}" if 0 < value < 1e-320 and len(decimal_digits(text)[0]) == 1 else text


def shortest_real(value: float) -> str:
    """The same of a real, held as a double."""
    if value == 0:
        return "0.0"
    bits = struct.unpack(">I", struct.pack(">f", value))[0]
    below, above = (struct.unpack(">f", struct.pack(">I", bits + step))[0] for step in (-1, 1))
    if above == math.inf:
        above = 2 * value - below
    least, most = Decimal((below + value) / 2), Decimal((value + above) / 2)
    exact = Decimal(value)
    for behind_first in range(1, 9):  # two digits at least
        unit = Decimal(1).scaleb(exact.adjusted() - behind_first)
        near = {exact.quantize(unit, ROUND_FLOOR), exact.quantize(unit, ROUND_CEILING)}
        fitting = [each for each in near if least < each < most or (bits % 2 == 0 and each in (least, most))]
        if fitting:
            return str(min(fitting, key=lambda each: (abs(each - exact), each.as_tuple().digits[-1] % 2)))
    return f"{value:.8e}"


def java_text(value: float, shortest: str) -> str:
    """Double.toString or Float.toString: plain from a thousandth to ten millions, else with an exponent.

    `shortest` is the text of its absolute value.
    """
    if math.isnan(value) or math.isinf(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    sign = "-" if math.copysign(1, value) < 0 else ""
    if value == 0:
        return f"{sign}0.0"
    digits, exponent = decimal_digits(shortest)
    if not -3 <= exponent < 7:
        return f"{sign}{digits[0]}.{digits[1:] or '0'}E{exponent}"
    if exponent < 0:
        return f"{sign}0.{'0' * (-exponent - 1)}{digits}"
    return f"{sign}{digits[: exponent + 1].ljust(exponent + 1, '0')}.{digits[exponent + 1 :] or '0'}"


def _special(value: float) -> str | None:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0:
        return "-0E0" if math.copysign(1, value) < 0 else "0E0"
    return None


def _scientific(digits: str, exponent: int, is_negative: bool) -> str:
    return f"{'-' if is_negative else ''}{digits[0]}.{digits[1:] or '0'}E{exponent}"


def decimal_digits(text: str) -> tuple[str, int]:
    """Digits without zeros at either end, and the power of ten of the first, of the text of a positive number."""
    mantissa, _, power = text.lower().partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = whole + fraction
    first = len(digits) - len(digits.lstrip("0"))
    return digits.strip("0") or "0", len(whole) - 1 - first + int(power or 0)


def _java_digits(value: float) -> tuple[str, int]:
    """Digits of a positive double as java.text.DecimalFormat has them.

    They are made one after the other, until what is left is less than half the distance to the next double; an exact
    half does not end them, so that 1E23 is 9.999999999999999E22. Whole numbers lose the digits that bits behind the
    53rd cannot tell.
    """
    bits = struct.unpack(">q", struct.pack(">d", value))[0]
    power, fraction = bits >> _FRACTION_BITS, bits & ((1 << _FRACTION_BITS) - 1)
    if power:
        fraction |= 1 << _FRACTION_BITS
        power, significant = power - _BIAS, _FRACTION_BITS + 1
    else:
        significant = fraction.bit_length()
        shift = _FRACTION_BITS + 1 - significant
        fraction, power = fraction << shift, 1 - shift - _BIAS
    if value < 2.0**63 and value.is_integer():
        return _whole_digits(int(value), power - significant - 1)
    return _fraction_digits(fraction, power, significant)


def _whole_digits(value: int, unknown_bits: int) -> tuple[str, int]:
    dropped = len(str(1 << unknown_bits)) - 1 if unknown_bits > 1 else 0
    if dropped:
        value = (value + 10**dropped // 2) // 10**dropped
    text = str(value)
    return text.rstrip("0"), len(text) - 1 + dropped


def _fraction_digits(fraction: int, power: int, significant: int) -> tuple[str, int]:
    trailing = (fraction & -fraction).bit_length() - 1
    used = _FRACTION_BITS + 1 - trailing
    behind_point = max(0, used - power - 1)
    exponent = _estimated_exponent(fraction, power)
    # value = rest / unit * 10^exponent, and half is half the distance to the next double, all scaled to be whole.
    fives = max(0, -exponent)
    rest_twos = fives + behind_point + power
    half_twos = rest_twos - significant
    rest_twos -= used - 1
    unit_fives = max(0, exponent)
    unit_twos = unit_fives + behind_point
    common = min(rest_twos, unit_twos)
    rest_twos, unit_twos, half_twos = rest_twos - common, unit_twos - common, half_twos - common
    if used == 1:
        half_twos -= 1  # below a power of two doubles lie twice as close
    if half_twos < 0:
        rest_twos, unit_twos, half_twos = rest_twos - half_twos, unit_twos - half_twos, 0
    is_long = _bits_of(fives, used + rest_twos) >= 64 or _bits_of(unit_fives + 1, unit_twos + 1) >= 64
    rest = ((fraction >> trailing) * 5**fives) << rest_twos
    unit = 5**unit_fives << unit_twos
    half = 5**fives << half_twos
    ten = unit * 10
    digits: list[int] = []
    is_low = is_high = is_begun = False
    while not (is_low or is_high):
        digit, rest = divmod(rest, unit)
        rest, half = rest * 10, half * 10
        is_low = rest < half
        is_high = rest + half >= ten if is_long else rest + half > ten
        if is_begun or digit or is_high:
            digits.append(digit)
        else:
            exponent -= 1
        if not is_begun and not -3 <= exponent < 8:
            is_low = is_high = False  # a number with an exponent has two digits at least
        is_begun = True
    return _rounded(digits, exponent, is_high and (not is_low or _is_up(rest * 2 - ten, digits)))


def _is_up(difference: int, digits: list[int]) -> bool:
    return difference > 0 or (difference == 0 and digits[-1] % 2 == 1)


def _rounded(digits: list[int], exponent: int, is_up: bool) -> tuple[str, int]:
    whole = int("".join(map(str, digits))) + is_up
    text = str(whole).rjust(len(digits), "0")
    exponent += len(text) - len(digits)
    first = len(text) - len(text.lstrip("0"))
    return text.strip("0"), exponent - first


def _bits_of(fives: int, twos: int) -> int:
    return twos + ((5**fives).bit_length() if 0 < fives < 27 else fives * 3)


def _estimated_exponent(fraction: int, power: int) -> int:
    """Of ten; at most one too high."""
    unit = fraction / (1 << _FRACTION_BITS)
    return math.floor((unit - 1.5) * 0.289529654 + 0.176091259 + power * 0.301029995663981)


PYTHON = (
    PythonFunction("athena_double_text", athena_double_text, ("DOUBLE",), "VARCHAR"),
    PythonFunction("athena_real_text", athena_real_text, ("DOUBLE",), "VARCHAR"),
    PythonFunction("athena_double_shortest", athena_double_shortest, ("DOUBLE",), "VARCHAR"),
    PythonFunction("athena_real_shortest", athena_real_shortest, ("DOUBLE",), "VARCHAR"),
)
