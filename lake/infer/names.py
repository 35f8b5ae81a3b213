"""Names of columns: what records call a field, in the letters that a table's columns have."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable

from lake.contract.columns import PARTITION_KEY
from lake.contract.model import RESCUED_COLUMN

_RESERVED = (PARTITION_KEY, RESCUED_COLUMN)
_WORDS = (
    re.compile(r"([a-z0-9])([A-Z])"),  # userId
    re.compile(r"([A-Z]+)([A-Z][a-z])"),  # HTTPStatus
)


def snake_case(text: str) -> str:
    """The text in a-z, 0-9 and _, a letter first: `userIdentity.userName` is user_identity_user_name."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    for boundary in _WORDS:
        plain = boundary.sub(r"\1_\2", plain)
    name = re.sub(r"[^a-z0-9]+", "_", plain.lower()).strip("_")
    if not name:
        return "field"
    return name if name[0].isalpha() else f"field_{name}"


def column_name(steps: Iterable[str | int], taken: Collection[str]) -> str:
    """A column's name for the field at a path, other than those that are taken or that the lake needs itself."""
    name = snake_case("_".join(str(step) for step in steps))
    if name in _RESERVED:
        name = f"{name}_field"
    numbered, number = name, 2
    while numbered in taken:
        numbered, number = f"{name}_{number}", number + 1
    return numbered


def words_of(text: str) -> set[str]:
    """The words that a name is made of, in lower case."""
    return set(snake_case(text).split("_"))
