"""Calls to the Glue Data Catalog that know nothing of roots, and what its refusals mean."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from lake.errors import CatalogError
from lake.objects import aws

_ATTEMPTS = 3
_ABSENT = "EntityNotFoundException"
_OVERTAKEN = ("AlreadyExistsException", "ConcurrentModificationException", _ABSENT)


@contextmanager
def explained(doing: str) -> Iterator[None]:
    """Turns what AWS refuses into a CatalogError that says what was being done and what to do next."""
    try:
        yield
    except aws.AWS_ERRORS as error:
        raise CatalogError(f"{doing} in the Glue Data Catalog: {aws.next_step(error)}") from error


def is_absent(error: CatalogError) -> bool:
    """Whether Glue answered that an entity was not found."""
    return error.__cause__ is not None and aws.error_code(error.__cause__) == _ABSENT


def is_overtaken(error: CatalogError) -> bool:
    """Whether Glue said that another caller created, changed or dropped the thing at the same moment."""
    return error.__cause__ is not None and aws.error_code(error.__cause__) in _OVERTAKEN


def retrying(write: Callable[[], None]) -> None:
    """Write again where another run creates, changes or drops the same thing at the same moment."""
    for attempt in range(_ATTEMPTS):
        try:
            write()
            return
        except aws.AWS_ERRORS as error:
            if aws.error_code(error) not in _OVERTAKEN or attempt == _ATTEMPTS - 1:
                raise


def named(doing: str, is_wanted: Callable[[Any], bool]) -> list[tuple[str, str]]:
    """(database, name) of the account's tables and views whose description is wanted, sorted."""
    found = []
    with explained(doing):
        glue = aws.client("glue")
        for databases in glue.get_paginator("get_databases").paginate():
            for database in databases["DatabaseList"]:
                for page in glue.get_paginator("get_tables").paginate(DatabaseName=database["Name"]):
                    found += [(database["Name"], one["Name"]) for one in page["TableList"] if is_wanted(one)]
    return sorted(found)


def describe(database: str, name: str) -> Any:
    """Glue's own description of a table or a view; None if it does not exist."""
    try:
        with explained(f"reading the table {database}.{name}"):
            return aws.client("glue").get_table(DatabaseName=database, Name=name)["Table"]
    except CatalogError as error:
        if is_absent(error):
            return None
        raise


def make_database(database: str) -> None:
    """Create the database, if it does not exist."""
    glue = aws.client("glue")
    try:
        glue.get_database(Name=database)
    except glue.exceptions.EntityNotFoundException:
        glue.create_database(DatabaseInput={"Name": database})
