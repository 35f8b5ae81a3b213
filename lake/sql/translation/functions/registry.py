"""The one table of functions, operators and casts that the local engine knows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from types import ModuleType

from lake.sql.translation.functions import (
    aggregates,
    arrays,
    binary,
    bits,
    decimals,
    double_texts,
    formats,
    intervals,
    json,
    json_casts,
    json_forms,
    maps,
    number_casts,
    numbers,
    pieces,
    probabilities,
    readable_numbers,
    regular_expressions,
    sketches,
    statistics,
    strings,
    time_formats,
    time_parsing,
    time_sums,
    time_texts,
    time_units,
    time_zones,
    times,
    urls,
    windows,
)
from lake.sql.translation.python_functions import FAIL, PythonFunction
from lake.sql.translation.signatures import Function, Typed
from lake.sql.translation.types import Type

Cast = Callable[[Typed, Type], "str | Typed"]

GROUPS: dict[str, tuple[ModuleType, ...]] = {
    "Numbers": (numbers, bits, decimals, number_casts, double_texts, probabilities, readable_numbers),
    "Text": (strings, formats),
    "Regular expressions": (regular_expressions,),
    "Binary": (binary,),
    "URLs": (urls,),
    "Dates and times": (times, time_units, time_zones, intervals, time_sums, time_texts, time_formats, time_parsing),
    "JSON": (json, json_casts, json_forms),
    "Arrays": (arrays, pieces),
    "Maps": (maps,),
    "Aggregates": (aggregates, sketches, statistics),
    "Windows": (windows,),
}
"""Modules by the group's title on the page of functions."""

_MODULES = tuple(module for modules in GROUPS.values() for module in modules)


@dataclass(frozen=True)
class Overloads:
    """Functions by their names in lower case."""

    functions: tuple[Function, ...]

    @cached_property
    def by_name(self) -> dict[str, tuple[Function, ...]]:
        found: dict[str, list[Function]] = {}
        for each in self.functions:
            found.setdefault(each.signature.partition("(")[0], []).append(each)
        return {name: tuple(overloads) for name, overloads in found.items()}


def _all(attribute: str) -> Iterable[Function]:
    return (each for module in _MODULES for each in getattr(module, attribute, ()))


FUNCTIONS = Overloads(tuple(_all("FUNCTIONS")))
OPERATORS = Overloads(tuple(_all("OPERATORS")))
CASTS: dict[tuple[str, str], Cast] = {
    pair: cast for module in _MODULES for pair, cast in getattr(module, "CASTS", {}).items()
}
PYTHON: tuple[PythonFunction, ...] = (
    FAIL,
    *(each for module in _MODULES for each in getattr(module, "PYTHON", ())),
)
