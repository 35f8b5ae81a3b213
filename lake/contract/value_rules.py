"""How a column's values may be written in records, beyond its type's own forms; strict where nothing is given."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class ValueRules:
    """A column's rules, each falsy where it is not given; docs/contracts.md describes the properties that give them.

    All but `holds_json` and `rescues_wrong_type` reach into lists, structs and maps.
    """

    time_formats: tuple[str, ...] = ()  # patterns (lake.contract.time_pattern), tried in order; none is ISO 8601
    time_zone: str | None = None  # IANA name, of times without an offset
    null_values: tuple[str, ...] = ()  # texts that stand for null
    accepts_number: bool = False  # by a string: a number's text, as it was sent
    accepts_scalar: bool = False  # by a string: the text of a number, true or false
    accepts_whole_float: bool = False  # by an integer: 2.0 and 1e2
    accepts_boolean_text: bool = False  # by a boolean: 0, 1, and texts such as Y and no
    trim: bool = False  # blanks around texts
    holds_json: bool = False  # a value of any shape, as its JSON text
    rescues_wrong_type: bool = False  # null, and the value in `rescued`, instead of a rejected record

    def given(self) -> dict[str, object]:
        """The rules that are given, by name."""
        return {name: value for name, value in asdict(self).items() if value}

    @property
    def properties(self) -> tuple[str, ...]:
        """The customProperties by which they are given."""
        return tuple(PROPERTY_OF_RULE[name] for name in self.given())


NO_RULES = ValueRules()

PROPERTY_OF_RULE = {
    "time_formats": "timeFormat",
    "time_zone": "timeZone",
    "null_values": "nullValues",
    "accepts_number": "acceptsNumber",
    "accepts_scalar": "acceptsScalar",
    "accepts_whole_float": "acceptsWholeFloat",
    "accepts_boolean_text": "acceptsBooleanText",
    "trim": "trim",
    "holds_json": "holdsJson",
    "rescues_wrong_type": "onWrongType",
}
"""The customProperty by which a contract gives each rule."""
