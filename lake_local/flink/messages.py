"""What an application that ended with an error said, as one message."""

from __future__ import annotations

import re

_JAVA_ERROR = re.compile(r"^\w+: [a-z]\w*(\.\w+)+(Exception|Error)")


def message_of(app: str, code: int, said: str) -> str:
    """The application's own words, which its name starts; of a process that had none, its last line."""
    lines = said.rstrip().splitlines()
    starts = [at for at, line in enumerate(lines) if line.startswith(f"{app}: ")]
    if starts:
        message = "\n".join(lines[starts[-1] :])
        hint = "\nThis is Flink's own error; --debug shows where it came from" if _JAVA_ERROR.search(message) else ""
        return message + hint
    last = lines[-1] if lines else "it said nothing"
    return f"{app}: ended with code {code}: {last}. Run it again with --debug to see all that it says"
