"""What is read of a record, as a tree of its members: which values columns take, and what else is in them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from lake.contract.source_path import SourcePath
from lake.parse.reasons import Reason
from lake.parse.refused import Members, Refused, quoted, shown

UnknownNames = Callable[[object], Iterable[str]] | None
"""Names of members, at any depth of a value, that a column's type does not know; None where there are none ever."""


@dataclass
class Node:
    """A value of which something is read: by the paths of `slots` as a whole, by others `within` it.

    `path` leads to it; a record itself has none. What is within is all names of members, or all places in an array.
    """

    path: SourcePath | None = None
    slots: list[int] = field(default_factory=list)
    within: dict[str | int, Node] = field(default_factory=dict)

    @property
    def is_array(self) -> bool:
        return any(isinstance(step, int) for step in self.within)


def tree_of(paths: Sequence[SourcePath]) -> Node:
    """The tree of a record. The value of each path goes to the slot that is the path's place among them."""
    root = Node()
    for slot, path in enumerate(paths):
        node = root
        for depth, step in enumerate(path.steps, 1):
            node = node.within.setdefault(step, Node(SourcePath(path.steps[:depth], path.of_payload)))
        node.slots.append(slot)
    return root


def gather(node: Node, value: object, found: list[object]) -> None:
    """Put what is read of a value to the slots in `found`; they stay None where it is absent or null.

    Raises Refused where a value on the way is no object (or no array), or has a member twice that is read.
    """
    for slot in node.slots:
        found[slot] = value
    if not node.within or value is None:
        return
    if node.is_array:
        if type(value) is not list:
            raise _wrong(node, "array", value)
        for place, inner in node.within.items():
            if isinstance(place, int) and place < len(value):
                gather(inner, value[place], found)
        return
    if type(value) is not Members and type(value) is not dict:
        raise _wrong(node, "object", value)
    seen: set[str] = set()
    for name, item in _pairs(value):
        if (member := node.within.get(name)) is not None:
            if name in seen:
                raise Refused(Reason.DUPLICATE_FIELD, f"{_at(node)}duplicate field {quoted(name)}")
            seen.add(name)
            gather(member, item, found)


def holds_unread(node: Node, value: object, unknown: Sequence[UnknownNames], unused: Collection[int] = ()) -> bool:
    """Whether a value that was gathered holds what no column takes.

    `unknown` are those of the columns, by slot; `unused` the slots whose value no column takes, another being first.
    """
    if value is None:
        return False
    if node.slots:
        return all(slot in unused or _has_any(unknown[slot], value) for slot in node.slots)
    if type(value) is list:
        return any(
            place not in node.within or holds_unread(node.within[place], item, unknown, unused)
            for place, item in enumerate(value)
        )
    return any(
        name not in node.within or holds_unread(node.within[name], item, unknown, unused)
        for name, item in _pairs(value)
    )


def unread_names(node: Node, unknown: Sequence[UnknownNames]) -> UnknownNames:
    """A function that gives the names of members in a node's value that no column takes, as often as it has them."""
    if node.slots:
        return next((unknown[slot] for slot in node.slots if unknown[slot] is not None), None)
    within = {step: unread_names(inner, unknown) for step, inner in node.within.items()}

    def names_of(value: object) -> Iterator[str]:
        if type(value) is list:
            # What is read of elements that have no path of their own is what the same node reads of others.
            only = next(iter(within.values()), None)
            for item in value:
                yield from only(item) if only is not None else ()
            return
        for name, item in _pairs(value):
            if name not in within:
                yield name
            elif (inner := within[name]) is not None:
                yield from inner(item)

    return names_of


def _has_any(names_of: UnknownNames, value: object) -> bool:
    return names_of is not None and next(iter(names_of(value)), None) is not None


def _wrong(node: Node, expected: str, value: object) -> Refused:
    return Refused(Reason.WRONG_TYPE, f"{_at(node)}expected an {expected}, got {shown(value)}")


def _at(node: Node) -> str:
    return "" if node.path is None else f"field {quoted(str(node.path))}: "


def _pairs(value: object) -> Iterable[tuple[str, object]]:
    return value.items() if isinstance(value, dict) else value if isinstance(value, Members) else ()
