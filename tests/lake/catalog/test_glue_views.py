"""Views in the Glue Data Catalog: other lakes' and nobody's beside ours, and versions that Glue compares."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse

from lake.catalog import Catalog, CatalogView, open_catalog
from lake.errors import CatalogError
from lake.objects import aws as lake_aws


@pytest.fixture
def view() -> CatalogView:
    database = f"sensors_{uuid.uuid4().hex[:8]}"
    return CatalogView(database, "readings", "SELECT 1 AS one", (("one", "integer", ""),), {"comment": "One."})


@pytest.fixture
def catalog(s3_root: str) -> Catalog:
    return open_catalog(s3_root)


def described(view: CatalogView) -> Any:
    return boto3.client("glue").get_table(DatabaseName=view.database, Name=view.name)["Table"]


class _Body:
    def __init__(self, content: bytes) -> None:
        self.content = content

    def stream(self) -> Iterator[bytes]:
        yield self.content


@pytest.fixture
def updates(aws: str) -> Iterator[list[dict[str, Any]]]:
    """The requests of UpdateTable; moto takes any VersionId, so one that is not the table's is refused here."""
    requests: list[dict[str, Any]] = []
    events = lake_aws.client("glue").meta.events

    def refuse(request: Any, **_: Any) -> AWSResponse | None:
        asked = json.loads(request.body)
        requests.append(asked)
        now = boto3.client("glue").get_table(DatabaseName=asked["DatabaseName"], Name=asked["TableInput"]["Name"])
        if asked.get("VersionId", now["Table"]["VersionId"]) == now["Table"]["VersionId"]:
            return None
        body = _Body(b'{"__type": "ConcurrentModificationException", "message": "Update table failed"}')
        return AWSResponse(request.url, 400, {}, body)  # type: ignore[arg-type]

    events.register("before-send.glue.UpdateTable", refuse)
    yield requests
    events.unregister("before-send.glue.UpdateTable", refuse)


def test_put_of_an_equal_view_updates_nothing(catalog: Catalog, view: CatalogView) -> None:
    catalog.put_view(view)
    versions = described(view)["VersionId"]
    catalog.put_view(view)
    assert described(view)["VersionId"] == versions
    catalog.put_view(replace(view, parameters={}))
    assert described(view)["VersionId"] != versions


def test_replaced_view_leaves_no_archive_and_names_the_version_it_replaces(
    catalog: Catalog, view: CatalogView, updates: list[dict[str, Any]]
) -> None:
    catalog.put_view(view)
    version = described(view)["VersionId"]
    catalog.put_view(replace(view, sql="SELECT 2 AS one"))
    assert [(one["SkipArchive"], one["VersionId"]) for one in updates] == [(True, version)]


def once(moment: str, theirs: Callable[[], None]) -> None:
    """Have another caller act at the next moment of this kind, one of boto3's, e.g. before-call.glue.UpdateTable."""
    events = lake_aws.client("glue").meta.events

    def act(**_: Any) -> None:
        events.unregister(moment, act)
        theirs()

    events.register(moment, act)


def test_view_that_changes_after_it_was_read_is_left_as_it_was_changed(
    catalog: Catalog, view: CatalogView, updates: list[dict[str, Any]]
) -> None:
    catalog.put_view(view)
    theirs, ours = replace(view, sql="SELECT 2 AS one"), replace(view, sql="SELECT 3 AS one")
    once("before-call.glue.UpdateTable", lambda: catalog.put_view(theirs))
    assert catalog.replace_view(ours, expected=view) is False
    assert catalog.view(view.database, view.name) == theirs
    once("before-call.glue.UpdateTable", lambda: catalog.put_view(view))
    catalog.put_view(ours)
    assert catalog.view(view.database, view.name) == ours


def test_views_elsewhere_in_the_account_are_not_ours(catalog: Catalog, view: CatalogView, s3_root: str) -> None:
    neighbour = open_catalog(f"{s3_root}2")
    neighbour.put_view(view)
    assert catalog.views() == []
    assert neighbour.views() == [(view.database, view.name)]


def test_view_of_another_lake_is_refused_and_left_alone(catalog: Catalog, view: CatalogView, s3_root: str) -> None:
    neighbour = open_catalog(f"{s3_root}2")
    neighbour.put_view(view)
    other = replace(view, sql="SELECT 2 AS one")
    for use in (
        lambda: catalog.view(view.database, view.name),
        lambda: catalog.put_view(other),
        lambda: catalog.replace_view(other, expected=view),
        lambda: catalog.drop_view(view.database, view.name),
    ):
        with pytest.raises(CatalogError, match=rf"it belongs to the root {s3_root}2, not to {s3_root}: give the root"):
            use()
    assert neighbour.view(view.database, view.name) == view


def test_view_that_somebody_made_by_hand_is_refused_and_left_alone(catalog: Catalog, view: CatalogView) -> None:
    catalog.put_view(view)
    entry = {name: described(view)[name] for name in ("Name", "TableType", "StorageDescriptor", "ViewOriginalText")}
    entry["Parameters"] = {"presto_view": "true", "comment": "Presto View"}
    boto3.client("glue").update_table(DatabaseName=view.database, TableInput=entry)
    assert catalog.views() == []
    for use in (
        lambda: catalog.put_view(replace(view, sql="SELECT 2 AS one")),
        lambda: catalog.drop_view(view.database, view.name),
    ):
        with pytest.raises(CatalogError, match=r"\.readings in the Glue Data Catalog: it is no lake's, not to s3:"):
            use()
    assert described(view)["ViewOriginalText"] == entry["ViewOriginalText"]


def test_view_that_another_run_makes_first_is_updated(
    catalog: Catalog, view: CatalogView, updates: list[dict[str, Any]]
) -> None:
    once("after-call.glue.CreateDatabase", lambda: catalog.put_view(replace(view, sql="SELECT 2 AS one")))
    catalog.put_view(view)
    assert len(updates) == 1
    assert catalog.view(view.database, view.name) == view
