"""Where in a raw record a value is: a path of names and of places in arrays, as `sourceName` writes it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

_PLAIN = r"[^.\[\]]+"
_STEP = re.compile(
    rf"""(?P<dot>\.)?(?P<name>{_PLAIN})|\[(?:(?P<place>0|[1-9][0-9]{{0,8}})|(?P<quoted>"(?:[^"\\]|\\.)*"))\]"""
)
EXAMPLES = 'userId, user.id, items[0].sku, or ["user.id"] for one field whose name has a dot'


@dataclass(frozen=True)
class SourcePath:
    """Steps into a record: names of members, and places in arrays from 0.

    With `of_payload` the path begins at the payload (`$`), of which records are parts (the contract's recordPath).
    """

    steps: tuple[str | int, ...]
    of_payload: bool = False

    def __str__(self) -> str:
        text = "$" if self.of_payload else ""
        for step in self.steps:
            if isinstance(step, int):
                text += f"[{step}]"
            elif re.fullmatch(_PLAIN, step) and (text or not step.startswith("$")):
                text += f".{step}" if text else step
            else:
                text += f"[{json.dumps(step, ensure_ascii=False)}]"
        return text

    @property
    def is_name(self) -> bool:
        """Whether it is one member of the record."""
        return len(self.steps) == 1 and not self.of_payload

    def is_within(self, other: SourcePath) -> bool:
        """Whether it leads to the same value as the other, or into it."""
        return self.of_payload == other.of_payload and self.steps[: len(other.steps)] == other.steps


def parse_path(text: str) -> SourcePath:
    """A path from its text. Raises ValueError saying what was expected."""
    of_payload = text == "$" or text.startswith(("$.", "$["))
    at = 1 if of_payload else 0
    steps: list[str | int] = []
    while at < len(text):
        step = _STEP.match(text, at)
        is_first = not steps and not of_payload
        if step is None or (step["name"] is not None and (step["dot"] is None) != is_first):
            raise ValueError(f"expected a path such as {EXAMPLES}")
        steps.append(_value(step))
        at = step.end()
    if not steps:
        raise ValueError("expected a field within it, e.g. $.owner" if of_payload else f"expected e.g. {EXAMPLES}")
    if isinstance(steps[0], int):
        raise ValueError("expected a name first: records are objects")
    return SourcePath(tuple(steps), of_payload)


def _value(step: re.Match[str]) -> str | int:
    if step["place"] is not None:
        return int(step["place"])
    if step["name"] is not None:
        return step["name"]
    try:
        name: str = json.loads(step["quoted"])
    except json.JSONDecodeError:
        raise ValueError(f"expected a JSON string in brackets, got {step['quoted']}") from None
    return name
