"""Files of crawlers: CreateCrawler's form, a reason in each, and no target that touches what jobs write."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import boto3
import pytest

from lake.catalog.crawlers import CrawlerError, Target, crawler_named, load_crawlers
from lake.contract.load import load_tables
from lake.errors import UsageError
from tests.conftest import REPOSITORY

OWN = ("clickstream.events_v1", "shop.orders_v1")
SOUND: dict[str, Any] = {
    "Name": "orders",
    "DatabaseName": "shop",
    "Description": "The table belongs to another team.",
    "Targets": {"DynamoDBTargets": [{"Path": "orders"}]},
}


def written(folder: Path, fields: Any, place: str = "shop/orders.json") -> Path:
    path = folder / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(fields if isinstance(fields, str) else json.dumps(fields))
    return folder


def s3(path: str, **fields: Any) -> dict[str, Any]:
    return {**SOUND, "Targets": {"S3Targets": [{"Path": path}]}, **fields}


def problem_of(folder: Path, fields: Any, place: str = "shop/orders.json", root: str = "s3://data/lake") -> str:
    with pytest.raises(CrawlerError) as raised:
        load_crawlers(written(folder, fields, place), OWN, root)
    message = str(raised.value)
    assert message.startswith(f"reading the crawler {folder / place}: ")
    return message.removeprefix(f"reading the crawler {folder / place}: ")


def test_the_repositorys_own_have_a_reason_and_touch_nothing_that_jobs_write() -> None:
    tables = load_tables(REPOSITORY / "contracts")
    crawlers = load_crawlers(REPOSITORY / "crawlers", tables)
    assert {name: each.targets for name, each in crawlers.items()} == {
        "shop.exports": (Target("S3Targets", "${LakeRoot}/exports/shop/"),),
        "shop.orders": (Target("DynamoDBTargets", "orders"),),
    }
    assert all(each.reason for each in crawlers.values())


def test_the_parameters_are_what_create_crawler_takes(aws: str) -> None:
    glue = boto3.client("glue")
    for crawler in load_crawlers(REPOSITORY / "crawlers").values():
        parameters = crawler.parameters("s3://data/lake/", "arn:aws:iam::123456789012:role/crawler")
        glue.create_crawler(**parameters)
        created = glue.get_crawler(Name=crawler.path.stem)["Crawler"]
        assert (created["DatabaseName"], created["Role"]) == (crawler.database, parameters["Role"])
    targets = glue.get_crawler(Name="exports")["Crawler"]["Targets"]
    assert targets == {"S3Targets": [{"Path": "s3://data/lake/exports/shop/", "SampleSize": 10}]}


@pytest.mark.parametrize(
    ("path", "touched"),
    [
        ("${LakeRoot}/curated/", "touches curated/"),
        ("${LakeRoot}/curated/clickstream/events_v1/", "touches curated/"),
        ("${LakeRoot}/bucketed", "touches bucketed/"),
        ("${LakeRoot}/quarantine/shop/", "touches quarantine/"),
        ("${LakeRoot}/keys/", "touches keys/"),
        ("${LakeRoot}", "touches the whole root"),
        ("${LakeRoot}/", "touches the whole root"),
        ("${LakeRoot}//", "touches the whole root"),
        ("${LakeRoot}/cur", "is a prefix of curated/"),
        ("${LakeRoot}/b", "is a prefix of bucketed/"),
        ("s3://data/lake/curated/clickstream/", "touches curated/"),
        ("s3://data/lake", "touches the whole root"),
        ("s3://data/", "touches the whole root"),
        ("s3://data", "touches the whole root"),
        ("s3://data/la", "touches the whole root"),
        ("s3://data/lake/quar", "is a prefix of quarantine/"),
        ("s3://another-lake/prefix/bucketed/shop/", "touches bucketed/"),
    ],
)
def test_a_target_that_touches_what_jobs_write_is_refused(tmp_path: Path, path: str, touched: str) -> None:
    assert problem_of(tmp_path, s3(path)) == (
        f"the target {path} {touched}; expected a folder that no job writes; "
        "jobs write curated/, bucketed/, quarantine/, audits/, runs/, keys/"
    )


@pytest.mark.parametrize(
    "path",
    [
        "${LakeRoot}/raw/partner/",
        "${LakeRoot}/exports",
        "${LakeRoot}/curated_by_others/",
        "s3://data/another/",
        "s3://data/lakes/x/",
        "s3://data/lakeb",
        "s3://partner/",
    ],
)
def test_any_other_folder_may_be_crawled(tmp_path: Path, path: str) -> None:
    assert list(load_crawlers(written(tmp_path, s3(path)), OWN, "s3://data/lake")) == ["shop.orders"]


@pytest.mark.parametrize("kind", ["DeltaTargets", "HudiTargets", "IcebergTargets"])
def test_every_kind_of_target_is_looked_at(tmp_path: Path, kind: str) -> None:
    name = "DeltaTables" if kind == "DeltaTargets" else "Paths"
    fields = {**SOUND, "Targets": {kind: [{name: ["s3://partner/x/", "${LakeRoot}/curated/shop/"]}]}}
    assert problem_of(tmp_path, fields).startswith("the target ${LakeRoot}/curated/shop/ touches curated/")


def test_exclusions_do_not_make_a_target_right(tmp_path: Path) -> None:
    fields = {**SOUND, "Targets": {"S3Targets": [{"Path": "${LakeRoot}/", "Exclusions": ["curated/**"]}]}}
    assert "touches the whole root" in problem_of(tmp_path, fields)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("{", "expected JSON: Expecting property name"),
        ([], "expected a JSON object, the parameters of CreateCrawler"),
        ({**SOUND, "Role": "r"}, "Role is the deployment's; leave it out"),
        ({**SOUND, "Description": "  "}, "Description is missing; expected the reason why there is a crawler"),
        ({**SOUND, "Name": "order"}, "Name must be 'orders', as the file's place says, got 'order'"),
        ({**SOUND, "DatabaseName": "x"}, "DatabaseName must be 'shop', as the file's place says, got 'x'"),
        ({**SOUND, "Targets": {}}, "Targets is empty; expected one at least"),
        (
            {**SOUND, "Targets": {"S3Target": [{"Path": "s3://b/"}]}},
            'expected the parameters of CreateCrawler: Unknown parameter in Targets: "S3Target"',
        ),
        ({**SOUND, "Schedule": 10}, "expected the parameters of CreateCrawler: Invalid type for parameter Schedule"),
        (
            {**SOUND, "Targets": {"CatalogTargets": [{"DatabaseName": "clickstream", "Tables": ["events_v1"]}]}},
            "the target clickstream.events_v1 is a table of the lake, which its contract describes",
        ),
        (
            {**SOUND, "Targets": {"DynamoDBTargets": [{"Path": "orders_v1"}]}},
            "the target orders_v1 would become shop.orders_v1, which has a contract; expected another TablePrefix",
        ),
    ],
)
def test_what_is_wrong_is_said_with_what_is_expected(tmp_path: Path, fields: Any, expected: str) -> None:
    assert problem_of(tmp_path, fields).startswith(expected)


def test_all_that_is_wrong_in_all_files_is_said_at_once(tmp_path: Path) -> None:
    written(tmp_path, {**SOUND, "Name": "x", "Description": ""})
    written(tmp_path, s3("${LakeRoot}/curated/", Name="second"), "shop/second.json")
    written(tmp_path, {**SOUND, "DatabaseName": "other", "Description": "y"}, "other/orders.json")
    with pytest.raises(CrawlerError) as raised:
        load_crawlers(tmp_path, OWN)
    assert len(str(raised.value).splitlines()) == 4
    assert f"{tmp_path / 'other' / 'orders.json'} has the same Name" in str(raised.value)


def test_a_file_at_another_place_is_refused(tmp_path: Path) -> None:
    expected = f"expected it at {tmp_path}/<database>/<name>.json"
    assert problem_of(tmp_path, SOUND, "orders.json") == expected
    (tmp_path / "orders.json").unlink()
    assert problem_of(tmp_path, SOUND, "shop/more/orders.json") == expected


def test_a_crawler_is_found_by_its_name_or_refused_with_those_that_there_are() -> None:
    crawlers = load_crawlers(REPOSITORY / "crawlers")
    assert crawler_named("orders", crawlers) == crawler_named("shop.orders", crawlers) == crawlers["shop.orders"]
    with pytest.raises(UsageError, match=r"the crawler 'shop.order': not found; did you mean 'shop.orders'"):
        crawler_named("shop.order", crawlers)
