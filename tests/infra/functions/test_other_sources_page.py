"""The page on other sources says what the functions do."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from infra.functions.table_changes.changes import change_line
from infra.functions.upload_urls import handler as uploads
from lake.contract.load import load_contract
from lake.infer.objects import sample_objects
from lake.infer.sample import read_under
from tests.conftest import REPOSITORY
from tests.docs.pages import fences

PAGE = REPOSITORY / "docs" / "other-sources.md"
FUNCTIONS = REPOSITORY / "infra" / "functions"
CHANGE = {
    **{"eventID": "c81e728d", "eventName": "MODIFY", "eventSourceARN": "arn:aws:dynamodb:r:1:table/orders/stream/1"},
    "dynamodb": {
        **{"ApproximateCreationDateTime": 1635734407.123, "SequenceNumber": "4421584500000000017450439092"},
        "Keys": {"order_id": {"S": "o-1"}},
        "NewImage": {"order_id": {"S": "o-1"}, "total": {"N": "12.50"}, "tags": {"SS": ["b", "a"]}},
    },
}


def fence(language: str) -> str:
    return next(each.text for each in fences(PAGE) if each.language == language)


def test_the_change_on_the_page_is_one_of_the_function() -> None:
    assert change_line(CHANGE).decode() == fence("json")


def test_the_contract_on_the_page_reads_the_changes_of_one_table(tmp_path: Path) -> None:
    path = tmp_path / "contracts" / "shop" / "order_changes_v1.odcs.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(fence("yaml"))
    removal = {**CHANGE, "eventName": "REMOVE", "dynamodb": {**CHANGE["dynamodb"], "NewImage": None}}  # type: ignore[dict-item]
    (tmp_path / "changes").write_bytes(change_line(CHANGE) + change_line(removal))
    (sample,) = sample_objects([str(tmp_path / "changes")])
    read = read_under(sample, load_contract(path), 10)
    assert (dict(read.rejected), read.skipped) == ({}, 1)
    (row,) = read.rows.select(["event_id", "order_id", "total", "tags"]).to_pylist()
    assert json.loads(json.dumps(row, default=str)) == {
        **{"event_id": "c81e728d", "order_id": "o-1", "total": "12.50", "tags": ["a", "b"]}
    }


@pytest.mark.parametrize("name", ["table_changes", "upload_urls", "repair_set_types"])
def test_every_setting_of_a_function_is_on_the_page(name: str) -> None:
    code = (FUNCTIONS / name / "handler.py").read_text()
    settings = set(re.findall(r'(?:_setting|_number|environ\.get)\("([A-Z_]+)"', code)) - {"AWS_ENDPOINT_URL"}
    assert settings
    assert sorted(setting for setting in settings if setting not in PAGE.read_text()) == []


def test_the_limits_of_uploads_on_the_page_are_those_of_the_function() -> None:
    defaults = re.findall(r'_number\("[A-Z_]+", ([0-9_]+)\)', Path(uploads.__file__).read_text())
    assert sorted(int(text) for text in defaults) == [300, 104_857_600]
    assert "| MAX_BYTES, URL_SECONDS | 104857600, 300 |" in PAGE.read_text()
