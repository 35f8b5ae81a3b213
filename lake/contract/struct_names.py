"""What raw records call the fields of a column's structs: Hive's names are in lower case, theirs need not be."""

from __future__ import annotations

from collections.abc import Iterable


class StructNames:
    """Raw names by the fields' paths within the column's type, e.g. `lines.unit_price`; others are called as they are.

    Lists and maps are no step of such a path.
    """

    def __init__(self, raw: Iterable[tuple[str, str]] = (), within: str = "") -> None:
        self._raw = dict(raw)
        self._within = within

    def raw(self, field: str) -> str:
        """What records call the field."""
        return self._raw.get(self._within + field, field)

    def within(self, field: str) -> StructNames:
        """The names of fields of a struct that the field holds."""
        return StructNames(self._raw.items(), f"{self._within}{field}.")


AS_THEY_ARE = StructNames()
