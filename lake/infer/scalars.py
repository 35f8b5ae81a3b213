"""Which type a column of scalars has, and by which rules its values are read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from lake.infer.names import words_of
from lake.infer.seen import Scalar, kind_of
from lake.infer.times import TimeForm, epoch_form, sounds_like_a_time, text_form

NULL_TEXTS = ("NA", "N/A", "n/a", "#N/A", "null", "NULL", "None", "nan", "NaN", "-", "--", r"\N", "")
"""Texts that stand for null, where all other values of a column are of a type that they are not."""
_SURELY_NULL = tuple(text for text in NULL_TEXTS if text not in ("NA", ""))
"""Those that stand for null in a column that holds nothing else: NA may be North America, and empty is empty."""

_MONEY = frozenset(
    (
        *("price", "amount", "cost", "fee", "fees", "fare", "total", "subtotal", "tax", "tip", "tips", "tolls"),
        *("balance", "paid", "payment", "charge", "surcharge", "discount", "revenue", "salary", "refund", "usd", "eur"),
    )
)
_COUNTED = frozenset(
    (
        *("id", "count", "num", "number", "code", "year", "month", "day", "hour", "minute", "quantity", "qty", "size"),
        *("passengers", "age", "rank", "position", "index", "version", "status"),
    )
)
_MEASURED = frozenset(
    (
        *("temperature", "humidity", "pressure", "value", "level", "ratio", "percent", "score", "speed", "distance"),
        *("latitude", "longitude", "lat", "lon", "weight", "height", "change", "rate", "voltage", "power"),
    )
)
_PERSONAL = frozenset(("email", "mail", "phone", "ip", "ssn", "firstname", "lastname", "surname", "address"))
_INTEGER = re.compile(r"[+-]?(?:0|[1-9][0-9]{0,60})", re.ASCII)
_NUMBER = re.compile(r"[+-]?(?:(?:0|[1-9][0-9]{0,60})(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?", re.ASCII)
_INT_IS_SAFE = 1_000_000
_MOST_CENTS = 4
_MOST_DIGITS = 60
_MOST_SHOWN = 8
_BIGINT_DIGITS = 19


@dataclass(frozen=True)
class Form:
    """A type, customProperties, and remarks.

    `nulls` are texts that stand for null by the evidence of this column, `maybe_nulls` those that could, by others.
    """

    hive_type: str
    rules: tuple[tuple[str, object], ...] = ()
    nulls: tuple[str, ...] = ()
    maybe_nulls: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def having(self, *rules: tuple[str, object], note: str | None = None) -> Form:
        """The form with more rules, and another remark."""
        return replace(self, rules=(*self.rules, *rules), notes=self.notes if note is None else (*self.notes, note))


def json_form(values: Sequence[Scalar], name: str) -> Form:
    """The form of JSON scalars, of which there is one at least: strings stay strings unless they are times."""
    kinds = {kind_of(value) for value in values}
    if kinds == {"boolean"}:
        return Form("boolean")
    if kinds <= {"integer", "number"}:
        return _numbers([value if isinstance(value, Decimal) else int(value) for value in values], name)
    if kinds == {"string"}:
        return _json_texts([str(value) for value in values], name)
    texts = {value for value in values if isinstance(value, str)}
    if texts and texts <= set(NULL_TEXTS):
        others = [value for value in values if not isinstance(value, str)]
        return replace(json_form(others, name), nulls=tuple(sorted(texts)))
    return _mixed(values, kinds, name)


def _mixed(values: Sequence[Scalar], kinds: set[str], name: str) -> Form:
    """The form of values of several kinds, none of which are texts for null alone."""
    texts = {value for value in values if isinstance(value, str)}
    if "boolean" in kinds:
        if kinds == {"boolean", "string"} and all(text.lower() in ("true", "false") for text in texts):
            return Form("boolean").having(("acceptsText", True), note="also sent as text")
        return Form("string").having(("acceptsScalar", True), note="values of several types, kept as their text")
    if all(_NUMBER.fullmatch(text) for text in texts):
        form = _numbers([_number(str(value)) for value in values], name)
        if form.hive_type != "string":
            return form.having(("acceptsText", True), note="some of the numbers were sent as text")
    return Form("string").having(("acceptsNumber", True), note="numbers and texts, kept as their text")


def csv_form(texts: Sequence[str], name: str) -> Form:
    """The form of a CSV column by its fields, of which one at least is not empty."""
    present = [text for text in texts if text]
    if any(text != text.strip() for text in present):
        trimmed = [text.strip() for text in present]
        return csv_form(trimmed, name).having(("trim", True), note="blanks around values")
    rest = [text for text in present if text not in NULL_TEXTS]
    form = _csv_texts(rest, name) if rest else None
    if form is not None and form.hive_type != "string":
        return replace(form, nulls=tuple(sorted(set(present) - set(rest))))
    form = _string(present, name)
    if len(present) < len(texts):
        form = form.having(note=f"empty in {len(texts) - len(present):,} records: an empty text, not NULL")
    return form


def _csv_texts(texts: Sequence[str], name: str) -> Form | None:
    """The form of texts that are all of one type other than string."""
    if all(text.lower() in ("true", "false") for text in texts):
        return Form("boolean")
    if all(_NUMBER.fullmatch(text) for text in texts):
        as_digits = text_form(texts, name) if sounds_like_a_time(name) else None
        if as_digits is not None and as_digits.rules:
            return _of_time(as_digits)
        return _numbers([_number(text) for text in texts], name)
    found = text_form(texts, name)
    return None if found is None else _of_time(found)


def _json_texts(texts: Sequence[str], name: str) -> Form:
    rest = [text for text in texts if text not in NULL_TEXTS]
    nulls = tuple(sorted(set(texts) - set(rest)))
    if rest and (found := text_form(rest, name)) is not None:
        return replace(_of_time(found), nulls=nulls)
    if rest and all(_NUMBER.fullmatch(text) for text in rest):
        if (epoch := epoch_form([_number(text) for text in rest], name)) is not None:
            return replace(_of_time(epoch), nulls=nulls).having(("acceptsText", True), note="numbers sent as text")
        return Form("string", nulls=nulls, notes=_about_texts(rest, name))
    return _string(texts, name)


def _string(texts: Sequence[str], name: str) -> Form:
    if set(texts) <= set(_SURELY_NULL):
        return Form("string", nulls=tuple(sorted(set(texts))), notes=("unsure: always null in the sample",))
    maybe_nulls = tuple(sorted(set(texts) & set(NULL_TEXTS)))
    return Form("string", maybe_nulls=maybe_nulls, notes=_about_texts(texts, name))


def _about_texts(texts: Sequence[str], name: str) -> tuple[str, ...]:
    """What a reader may want to know of a string column before its rows are published."""
    notes = []
    distinct = set(texts)
    if all(_NUMBER.fullmatch(text) and len(text) <= _BIGINT_DIGITS for text in distinct) and distinct:
        notes.append("numbers as text; declare bigint or decimal with acceptsText: true to compute with them")
    elif all(re.fullmatch(r"[+-]?[0-9]+", text) for text in distinct):
        notes.append("digits with leading zeros, which a number would lose")
    elif {text.lower() for text in distinct} <= {"y", "n", "yes", "no", "t", "f"}:
        notes.append("a boolean with acceptsBooleanText: true, if you want one")
    if len(distinct) <= _MOST_SHOWN and len(texts) > 4 * len(distinct):
        notes.append(f"values seen: {', '.join(sorted(map(repr, distinct)))}")
    if words_of(name) & _PERSONAL:
        notes.append("unsure: personal data? then add classification: personal")
    return tuple(notes)


def _numbers(numbers: Sequence[int | Decimal], name: str) -> Form:
    if (epoch := epoch_form(numbers, name)) is not None:
        return _of_time(epoch)
    if all(isinstance(number, int) for number in numbers):
        return _integers([int(number) for number in numbers], name)
    return _fractions([Decimal(number) for number in numbers], name)


def _fractions(decimals: Sequence[Decimal], name: str) -> Form:
    if any(number.adjusted() > _MOST_DIGITS for number in decimals):
        return Form("double")
    scale = max(-_exponent(number) for number in decimals)
    words = words_of(name)
    if words & _COUNTED and not words & _MONEY and all(number == int(number) for number in decimals):
        whole = _integers([int(number) for number in decimals], name)
        if whole.hive_type in ("int", "bigint"):
            whole = whole.having(("acceptsWholeFloat", True), note="whole numbers, written with a fraction of zero")
        return whole
    if words & _MONEY and scale <= _MOST_CENTS and all(abs(number) < 10**12 for number in decimals):
        note = "exact, as money is; more digits after the point are rejected: double takes any"
        return Form(f"decimal(18,{max(scale, 2)})", notes=(note,))
    return Form("double")


def _integers(numbers: Sequence[int], name: str) -> Form:
    highest = max(max(number, -number - 1) for number in numbers)
    if highest >= 2**63:
        if highest < 10**38:
            return Form("decimal(38,0)", notes=("larger than bigint holds",))
        return Form("string").having(("acceptsNumber", True), note="numbers larger than any type holds")
    notes: tuple[str, ...] = ()
    if sounds_like_a_time(name):
        notes = ("unsure: sounds like a time, but is none from 1990 to 2100 in any unit",)
    elif words_of(name) & (_MEASURED | _MONEY):
        notes = ("unsure: whole in the sample; double, or a decimal for money, takes fractions as well",)
    return Form("int" if highest < _INT_IS_SAFE else "bigint", notes=notes)


def _of_time(form: TimeForm) -> Form:
    return Form(form.hive_type, form.rules, notes=form.notes)


def is_number(text: str) -> bool:
    """Whether a text is a number as databases and spreadsheets write it, without leading zeros."""
    return _NUMBER.fullmatch(text) is not None


def _number(text: str) -> int | Decimal:
    return int(text) if _INTEGER.fullmatch(text) else Decimal(text)


def _exponent(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0
