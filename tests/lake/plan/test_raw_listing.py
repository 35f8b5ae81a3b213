"""Raw objects by hour, in every layout; and that a plan lists the folders that it needs and no others."""

from __future__ import annotations

from pathlib import Path

import pytest

from lake.contract.model import Source
from lake.objects import StoredObject, open_store
from lake.objects.local import LocalStore
from lake.plan.partition_plan import PlanScope
from lake.plan.raw_listing import has_raw_objects, list_raw_hours

HOURS = ("2025-12-31-23", "2026-11-20-23", "2026-11-21-09", "2026-11-21-10", "2026-11-22-00")
LAYOUTS = {
    "dt=YYYY-MM-DD-HH": "dt={0}-{1}-{2}-{3}",
    "year=YYYY/month=MM/day=DD/hour=HH": "year={0}/month={1}/day={2}/hour={3}",
    "YYYY/MM/DD/HH": "{0}/{1}/{2}/{3}",
    "dt=YYYY-MM-DD/hh=HH": "dt={0}-{1}-{2}/hh={3}",
    "dt=YYYY-MM-DD": "dt={0}-{1}-{2}",
    "YYYY/MM/DD": "{0}/{1}/{2}",
    "AWSLogs/*/CloudTrail/*/YYYY/MM/DD": "AWSLogs/123456789012/CloudTrail/eu-west-1/{0}/{1}/{2}",
}


class ListedStore(LocalStore):
    """A folder that remembers which of its folders were listed, below a table's."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.listed: list[str] = []

    def list(self, prefix: str) -> list[StoredObject]:
        self.listed.append(prefix.removeprefix("raw/a/"))
        return super().list(prefix)

    def folders(self, prefix: str) -> list[str]:  # type: ignore[valid-type] # the method list shadows the type
        self.listed.append(prefix.removeprefix("raw/a").removeprefix("/"))
        return super().folders(prefix)


@pytest.fixture
def store(tmp_path: Path) -> ListedStore:
    return ListedStore(tmp_path)


def land(store: LocalStore, layout: str, hour: str, name: str = "") -> str:
    """An object of an hour, whose name has the time as well; returns its key."""
    key = f"raw/a/{LAYOUTS[layout].format(*hour.split('-'))}/{name or f'a-{hour}-05-00'}"
    store.write(key, b"{}")
    return key


def found(store: LocalStore, layout: str, scope: PlanScope, lookback: int = 0) -> dict[str, list[str]]:
    listing = list_raw_hours(store, Source("raw/a", "json", layout), scope, lookback)
    assert listing.strays == ()
    return {dt: [stored.key for stored in objects] for dt, objects in listing.objects.items()}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_gives_each_object_to_its_hour(store: ListedStore, layout: str) -> None:
    keys = {hour: [land(store, layout, hour)] for hour in HOURS}
    assert found(store, layout, PlanScope()) == keys
    scope = PlanScope("2026-11-21-10", "2026-11-22-00")
    in_scope = {dt: keys for dt, keys in found(store, layout, scope).items() if scope.has(dt)}
    assert in_scope == {"2026-11-21-10": keys["2026-11-21-10"]}
    looked_back_on = found(store, layout, scope, lookback=11)
    assert [dt for dt in HOURS if dt in looked_back_on][:3] == ["2026-11-20-23", "2026-11-21-09", "2026-11-21-10"]
    assert has_raw_objects(store, Source("raw/a", "json", layout), "2026-11-20-23")
    assert not has_raw_objects(store, Source("raw/a", "json", layout), "2026-11-20-22")


@pytest.mark.parametrize(
    ("layout", "listed"),
    [
        ("dt=YYYY-MM-DD-HH", ["", "dt=2026-11-21-10"]),
        ("dt=YYYY-MM-DD/hh=HH", ["", "dt=2026-11-21", "dt=2026-11-21/hh=10"]),
        ("YYYY/MM/DD/HH", ["", "2026", "2026/11", "2026/11/21", "2026/11/21/10"]),
        ("YYYY/MM/DD", ["", "2026", "2026/11", "2026/11/21"]),
        (
            "AWSLogs/*/CloudTrail/*/YYYY/MM/DD",
            [
                "AWSLogs",
                "AWSLogs/123456789012/CloudTrail",
                *(f"AWSLogs/123456789012/CloudTrail/eu-west-1{below}" for below in ("", "/2026", "/2026/11")),
                "AWSLogs/123456789012/CloudTrail/eu-west-1/2026/11/21",
            ],
        ),
    ],
)
def test_a_plan_of_one_hour_lists_the_folders_on_the_way_to_it(
    store: ListedStore, layout: str, listed: list[str]
) -> None:
    for hour in HOURS:
        land(store, layout, hour)
    list_raw_hours(store, Source("raw/a", "json", layout), PlanScope("2026-11-21-10", "2026-11-21-11"), 0)
    assert sorted(store.listed) == sorted(listed)


def test_a_plan_up_to_midnight_does_not_list_the_next_day(store: ListedStore) -> None:
    for hour in HOURS:
        land(store, "YYYY/MM/DD", hour)
    list_raw_hours(store, Source("raw/a", "json", "YYYY/MM/DD"), PlanScope("2026-11-21-00", "2026-11-22-00"), 0)
    assert "2026/11/21" in store.listed
    assert "2026/11/22" not in store.listed


def test_the_hours_looked_back_on_are_listed_across_folders_and_no_more(store: ListedStore) -> None:
    for hour in HOURS:
        land(store, "YYYY/MM/DD/HH", hour)
    scope = PlanScope("2026-11-21-09", "2026-11-21-10")
    assert list(found(store, "YYYY/MM/DD/HH", scope, lookback=10)) == ["2026-11-20-23", "2026-11-21-09"]
    assert "2025" not in store.listed
    assert "2026/11/21/10" not in store.listed


def test_objects_of_an_hour_may_lie_under_many_prefixes_and_come_in_the_order_of_keys(store: ListedStore) -> None:
    places = [f"AWSLogs/{account}/CloudTrail/{region}/2026/11/21" for account in "12" for region in ("eu", "us")]
    names = ("2_20261121T0910Z", "1_20261121T0905Z", "3_20261121T1000Z", "sub/20261121T0900Z")
    for place in places:
        for name in names:
            store.write(f"raw/a/{place}/{name}", b"{}")
    hours = found(store, "AWSLogs/*/CloudTrail/*/YYYY/MM/DD", PlanScope())
    nine = [f"raw/a/{place}/{name}" for place in places for name in (names[1], names[0], names[3])]
    assert hours == {"2026-11-21-09": nine, "2026-11-21-10": [f"raw/a/{place}/{names[2]}" for place in places]}


def test_months_and_days_without_padding_are_the_same_days(store: ListedStore) -> None:
    store.write("raw/a/year=2026/month=1/day=2/hour=3/a", b"{}")
    store.write("raw/a/year=2026/month=01/day=02/hour=03/b", b"{}")
    store.write("raw/a/year=2026/month=10/day=02/hour=03/c", b"{}")
    hours = found(store, "year=YYYY/month=MM/day=DD/hour=HH", PlanScope())
    first = [f"raw/a/year=2026/{place}" for place in ("month=01/day=02/hour=03/b", "month=1/day=2/hour=3/a")]
    assert hours == {"2026-01-02-03": first, "2026-10-02-03": ["raw/a/year=2026/month=10/day=02/hour=03/c"]}
    until_september = PlanScope("2026-01-01-00", "2026-09-01-00")
    assert list(found(store, "year=YYYY/month=MM/day=DD/hour=HH", until_september)) == ["2026-01-02-03"]


def test_folders_that_the_layout_does_not_have_are_named_wherever_they_are_met(store: ListedStore) -> None:
    for key in (
        "2026/11/21/09/a",
        "2026/11/21/9x/a",
        "2026/13/01/00/a",
        "dt=2026-11-21-09/a",
        "2026/tmp/a",
        "2026/02/30/01/a",
    ):
        store.write(f"raw/a/{key}", b"{}")
    listing = list_raw_hours(store, Source("raw/a", "json", "YYYY/MM/DD/HH"), PlanScope(), 0)
    assert list(listing.objects) == ["2026-11-21-09"]
    strays = ("2026/02/30/01/", "2026/11/21/9x/", "2026/13/01/00/", "2026/tmp/", "dt=2026-11-21-09/")
    assert listing.strays == tuple(f"raw/a/{stray}" for stray in strays)


@pytest.mark.parametrize(
    ("layout", "stray"),
    [("YYYY/MM/DD/HH", "2026/11/21/"), ("*/b/YYYY/MM/DD", None), ("YYYY/MM/DD/x=HH", "2026/11/21/")],
)
def test_a_days_folder_where_hours_are_expected_is_named(store: ListedStore, layout: str, stray: str | None) -> None:
    store.write("raw/a/2026/11/21/x", b"{}")
    listing = list_raw_hours(store, Source("raw/a", "json", layout), PlanScope(), 0)
    assert listing == ({}, () if stray is None else (f"raw/a/{stray}",))


def test_a_table_that_nothing_was_landed_for_has_no_hours(tmp_path: Path) -> None:
    for layout in LAYOUTS:
        assert list_raw_hours(open_store(str(tmp_path)), Source("raw/a", "json", layout), PlanScope(), 3) == ({}, ())
