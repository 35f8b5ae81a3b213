"""A contract's YAML as the Open Data Contract Standard knows it, with the line on which each value stands."""

from __future__ import annotations

import typing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from open_data_contract_standard.model import OpenDataContractStandard
from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from lake.errors import ContractError, did_you_mean

Where = tuple[str | int, ...]
REQUIRED_KEYS = ("version", "apiVersion", "kind", "id", "status")
API_VERSIONS = ("v3.1.0", "v3.0.2", "v3.0.1", "v3.0.0")


@dataclass
class Document:
    """A contract file being read. Problems gather, so that one reading shows them all.

    `values` is the YAML as plain dicts, lists and scalars; `lines` the 1-based line of each key and item by path.
    """

    path: Path
    values: dict[str, Any] = field(default_factory=dict)
    lines: dict[Where, int] = field(default_factory=dict)
    problems: list[tuple[int, str]] = field(default_factory=list)

    def line(self, where: Where) -> int:
        """The line of a value, or of the nearest thing around it that has one."""
        while where and where not in self.lines:
            where = where[:-1]
        return self.lines.get(where, 1)

    def problem(self, where: Where, message: str) -> None:
        """Note what is wrong at a place, with what was expected."""
        self.problems.append((self.line(where), message))

    def refuse_problems(self) -> None:
        """Raises ContractError, naming file and line of every problem noted so far, if there is any."""
        if self.problems:
            found = sorted(set(self.problems))
            lines = [f"{self.path}:{line}: {message}" for line, message in found]
            count = "1 problem" if len(lines) == 1 else f"{len(lines)} problems"
            raise ContractError(
                "\n".join([f"reading the contract {self.path}: {count}; the table is not used", *lines])
            )


def contract_bytes(path: Path) -> bytes:
    """A contract file's content. Raises ContractError if it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise ContractError(f"reading the contract {path}: {error.strerror}; expected a YAML file") from error


def read_document(path: Path, content: bytes | None = None) -> tuple[Document, OpenDataContractStandard]:
    """Read a contract file, or the content that it is known to have, and check it against the standard.

    Raises ContractError with file and line where it cannot be read, is no YAML, or holds a key or a value that the
    standard doesn't know. What the lake asks beyond the standard is checked in `lake.contract.rules`.
    """
    document = Document(path)
    _load_yaml(document, contract_bytes(path) if content is None else content)
    _check_keys(document, OpenDataContractStandard, document.values, ())
    _check_fundamentals(document)
    try:
        standard = OpenDataContractStandard.model_validate(document.values)
    except ValidationError as error:
        for found in error.errors():
            if found["type"] != "extra_forbidden":  # _check_keys has named it already, with a suggestion
                where = tuple(found["loc"])
                document.problem(where, f"{_dotted(where)}: {found['msg']}, found {found['input']!r}")
        standard = OpenDataContractStandard.model_construct()
    document.refuse_problems()
    return document, standard


def _load_yaml(document: Document, content: bytes) -> None:
    try:
        loaded = YAML(typ="rt").load(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ContractError(f"reading the contract {document.path}: not UTF-8 at byte {error.start}") from error
    except MarkedYAMLError as error:
        mark = error.problem_mark
        document.lines[()] = mark.line + 1 if mark else 1
        document.problem((), f"no valid YAML: {error.problem or error.context}")
    except YAMLError as error:
        document.problem((), f"no valid YAML: {error}")
    else:
        if isinstance(loaded, CommentedMap):
            document.values = _plain(loaded, (), document.lines)
        else:
            document.problem(
                (), "expected a mapping that begins with apiVersion and kind, as the standard's contracts do"
            )
    document.refuse_problems()


def _plain(value: Any, where: Where, lines: dict[Where, int]) -> Any:
    """Plain values from ruamel's, noting lines."""
    if isinstance(value, CommentedMap):
        for key, mark in (value.lc.data or {}).items():
            lines[(*where, key)] = mark[0] + 1
        return {key: _plain(item, (*where, key), lines) for key, item in value.items()}
    if isinstance(value, CommentedSeq):
        for index, mark in (value.lc.data or {}).items():
            lines[(*where, index)] = mark[0] + 1
        return [_plain(item, (*where, index), lines) for index, item in enumerate(value)]
    for kind in (str, int, float):  # ruamel's scalars remember their spelling; bool is no subclass of theirs
        if isinstance(value, kind) and not isinstance(value, bool):
            return kind(value)
    return value


def _check_keys(document: Document, model: type[BaseModel], value: Any, where: Where) -> None:
    """Note keys that the standard doesn't have: its own reader drops them silently below the first level."""
    if not isinstance(value, dict):
        return
    known = {info.alias or name: info for name, info in model.model_fields.items()}
    for key, item in value.items():
        if key not in known:
            document.problem((*where, key), f"unknown key {key!r}{did_you_mean(str(key), known)} {_at(where)}")
            continue
        inner = _models_in(known[key].annotation)
        if inner and isinstance(item, list):
            for index, element in enumerate(item):
                _check_keys(document, inner[-1], element, (*where, key, index))
        elif inner:
            _check_keys(document, inner[0], item, (*where, key))


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    """The models that an annotation mentions, e.g. both of `Team | list[TeamMember] | None`, in order."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in typing.get_args(annotation) for model in _models_in(part)]


def _check_fundamentals(document: Document) -> None:
    missing = [key for key in REQUIRED_KEYS if document.values.get(key) is None]
    if missing:
        document.problem((), f"missing: {', '.join(missing)}; the standard asks for {', '.join(REQUIRED_KEYS)}")
    if document.values.get("kind") not in (None, "DataContract"):
        document.problem(("kind",), f"kind is {document.values['kind']!r}; expected DataContract")
    if document.values.get("apiVersion") not in (None, *API_VERSIONS):
        found = document.values["apiVersion"]
        document.problem(("apiVersion",), f"apiVersion is {found!r}; expected one of {', '.join(API_VERSIONS)}")


def _dotted(where: Where) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in where).lstrip(".")


def _at(where: Where) -> str:
    return f"(in {_dotted(where)})" if where else "(at the top level)"
