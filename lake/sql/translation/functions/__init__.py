"""Athena's functions by their typed signatures, one module a group; what is in none of them is refused by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lake.sql.translation.signatures import Typed
    from lake.sql.translation.types import Type


def as_type(value: Typed, wanted: Type) -> Typed:
    """A value cast by the casts of all groups. Raises RefusedCallError where there is none."""
    from lake.sql.translation.casts import cast  # which knows the table that groups are part of

    return cast(value, wanted)
