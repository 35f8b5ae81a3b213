"""A YAML file as plain values, with the line on which each stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError


@dataclass
class Lines:
    """1-based lines of keys and items, by their path."""

    lines: dict[tuple[str | int, ...], int] = field(default_factory=dict)

    def of(self, where: tuple[str | int, ...]) -> int:
        """The line of a value, or of the nearest thing around it that has one."""
        while where and where not in self.lines:
            where = where[:-1]
        return self.lines.get(where, 1)


def read_yaml(path: Path, problem: type[Exception]) -> tuple[dict[str, Any], Lines]:
    """A file's mapping. Raises `problem` where the file is missing, is no YAML, or holds something else."""
    try:
        loaded = YAML(typ="rt").load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise problem(f"reading the settings {path}: file not found; copy infra/lake.example.yaml to it") from None
    except (OSError, UnicodeDecodeError) as error:
        raise problem(f"reading the settings {path}: {error}; expected a YAML file") from error
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise problem(f"{path}:{line}: no valid YAML: {error.problem or error.context}") from error
    except YAMLError as error:
        raise problem(f"{path}:1: no valid YAML: {error}") from error
    if not isinstance(loaded, CommentedMap):
        raise problem(f"{path}:1: expected a mapping with account, region and prefix")
    lines = Lines()
    return _plain(loaded, (), lines), lines


def _plain(value: Any, where: tuple[str | int, ...], lines: Lines) -> Any:
    if isinstance(value, CommentedMap):
        for key, mark in (value.lc.data or {}).items():
            lines.lines[(*where, key)] = mark[0] + 1
        return {key: _plain(item, (*where, key), lines) for key, item in value.items()}
    if isinstance(value, CommentedSeq):
        for index, mark in (value.lc.data or {}).items():
            lines.lines[(*where, index)] = mark[0] + 1
        return [_plain(item, (*where, index), lines) for index, item in enumerate(value)]
    for kind in (str, int, float):  # ruamel's scalars remember their spelling; bool is no subclass of theirs
        if isinstance(value, kind) and not isinstance(value, bool):
            return kind(value)
    return value
