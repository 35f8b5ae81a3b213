"""customProperties: what the lake asks of a contract beyond the standard's own keys, from closed lists of names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from open_data_contract_standard.model import CustomProperty

from lake.contract.document import Document, Where
from lake.errors import did_you_mean


@dataclass(frozen=True)
class Custom:
    """A customProperty's value, and where it stands."""

    value: Any
    where: Where


def custom_properties(
    document: Document, where: Where, given: list[CustomProperty] | None, known: tuple[str, ...]
) -> dict[str, Custom]:
    """customProperties by name; unknown and repeated ones are problems of the document."""
    found: dict[str, Custom] = {}
    for index, item in enumerate(given or []):
        here = (*where, "customProperties", index)
        name = item.property or ""
        if name not in known:
            hint = did_you_mean(name, known) or f"; expected one of {', '.join(known)}"
            document.problem((*here, "property"), f"unknown customProperty {name!r}{hint}")
        elif name in found:
            document.problem((*here, "property"), f"duplicate customProperty {name!r}")
        elif item.value is None:
            document.problem(here, f"customProperty {name!r} has no value")
        else:
            found[name] = Custom(item.value, (*here, "value"))
    return found


def flag(document: Document, properties: dict[str, Custom], name: str, *, default: bool) -> bool:
    """A property that is true or false."""
    given = properties.get(name)
    if given is not None and not isinstance(given.value, bool):
        document.problem(given.where, f"{name} is {given.value!r}; expected true or false")
        return default
    return default if given is None else bool(given.value)
