"""Values of columns whose contract says how they may be written: the known answers, of JSON both ways and of CSV."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from lake.contract.model import Table
from lake.contract.value_rules import PROPERTY_OF_RULE, ValueRules
from lake.parse.block import DEFAULT_OPTIONS, Block
from lake.parse.csv_blocks import csv_blocks
from lake.parse.gzip_stream import Chunk
from lake.parse.json_blocks import json_blocks
from tests.lake.parse.streams import ONE_BY_ONE, column, table_of

KNOWN = json.loads((Path(__file__).parents[2] / "known_answers" / "value_rules.json").read_text())["cases"]
Answer = Mapping[str, Any]


def table_for(case: Mapping[str, Any]) -> Table:
    rules = {name: tuple(given) if isinstance(given, list) else given for name, given in case["rules"].items()}
    others = {name: case[name] for name in ("epoch_unit", "accepts_text") if name in case}
    return table_of(column("v", case["type"], value_rules=ValueRules(**rules), **others), column("w", "int"))


def shown(value: object) -> str | None:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return None if value is None else str(value)


def results(blocks: list[Block], records: int) -> list[dict[str, Any]]:
    """For each record, its value and what is rescued, or why it is rejected."""
    rows = iter([row for block in blocks for row in block.rows.to_pylist()])
    rejected = {reject.record: reject for block in blocks for reject in block.rejected}
    found: list[dict[str, Any]] = []
    for number in range(records):
        if (reject := rejected.get(number)) is None:
            row = next(rows)
            found.append({"value": shown(row["v"]), "rescued": row["rescued"]})
        else:
            found.append({"reason": str(reject.reason), "message": reject.message.removeprefix('field "v": ')})
    return found


def expected(answers: list[Answer], form: str) -> list[dict[str, Any]]:
    def of(answer: Answer, name: str) -> Any:
        return answer.get(f"{name}_{form}", answer.get(name))

    return [{name: of(answer, name) for name in names_of(answer)} for answer in answers]


def names_of(answer: Answer) -> tuple[str, str]:
    return ("reason", "message") if "reason" in answer else ("value", "rescued")


def coerced(answers: list[Answer], form: str) -> Counter[tuple[str, str]]:
    rules = [answer.get(f"coerced_{form}", answer.get("coerced", "")).split() for answer in answers]
    return Counter(("v", rule) for found in rules for rule in found)


def counted(blocks: list[Block]) -> Counter[tuple[str, str]]:
    return sum((Counter(block.coerced) for block in blocks), Counter())


@pytest.mark.parametrize("options", [DEFAULT_OPTIONS, ONE_BY_ONE], ids=["at once", "one by one"])
@pytest.mark.parametrize("case", KNOWN, ids=lambda case: f"{case['rule']}-{case['type']}")
def test_a_json_value_is_the_known_one(case: Mapping[str, Any], options: Any) -> None:
    answers = [answer for answer in case["answers"] if "json" in answer]
    for chosen in (answers, [answer for answer in answers if "value" in answer], *([answer] for answer in answers)):
        data = "\n".join(f'{{"w":1,"v":{answer["json"]}}}' for answer in chosen).encode()
        blocks = list(json_blocks(iter([Chunk(data)]), table_for(case), options))
        assert results(blocks, len(chosen)) == expected(chosen, "json")
        assert counted(blocks) == coerced(chosen, "json")


@pytest.mark.parametrize("case", KNOWN, ids=lambda case: f"{case['rule']}-{case['type']}")
def test_a_csv_field_is_the_known_one(case: Mapping[str, Any]) -> None:
    answers = [answer for answer in case["answers"] if "csv" in answer]
    fields = ['"' + answer["csv"].replace('"', '""') + '"' for answer in answers]
    sound = [place for place, answer in enumerate(answers) if "value" in answer]
    for places in (range(len(answers)), sound, *([place] for place in range(len(answers)))):
        chosen = [answers[place] for place in places]
        data = "\n".join(["w,v", *(f"1,{fields[place]}" for place in places), ""]).encode()
        blocks = list(csv_blocks(iter([Chunk(data)]), table_for(case))) if chosen else []
        assert results(blocks, len(chosen)) == expected(chosen, "csv")
        assert counted(blocks) == coerced(chosen, "csv")


def test_every_rule_has_a_value_that_it_takes_and_a_neighbour_that_no_table_without_it_does() -> None:
    assert {case["rule"] for case in KNOWN} == set(PROPERTY_OF_RULE.values())
    for rule in PROPERTY_OF_RULE.values():
        answers = [answer for case in KNOWN if case["rule"] == rule for answer in case["answers"]]
        assert any("value" in answer for answer in answers), rule
        assert any("reason" in answer for answer in answers) or rule == "holdsJson", rule


@pytest.mark.parametrize("case", KNOWN, ids=lambda case: f"{case['rule']}-{case['type']}")
def test_without_its_rule_a_column_does_not_take_these_values_as_it_does(case: Mapping[str, Any]) -> None:
    """A rule that is not given is not there: what it was to take is rejected, or is another value."""
    answers = [answer for answer in case["answers"] if "json" in answer and "value" in answer]
    data = "\n".join(f'{{"w":1,"v":{answer["json"]}}}' for answer in answers).encode()
    strict = table_for({**case, "rules": {}})
    blocks = list(json_blocks(iter([Chunk(data)]), strict))
    assert results(blocks, len(answers)) != expected(answers, "json")
    assert counted(blocks) == Counter()


def test_recorded_access_logs_with_dashes_for_what_was_not_reached_are_rows(recorded: Path) -> None:
    data = (recorded / "source_records" / "access_logs.ndjson").read_bytes()
    names = [name for name in json.loads(data.splitlines()[0]) if name.endswith(("status", "latency"))]
    dashes = ValueRules(null_values=("-",))
    columns = [column(name, "int", accepts_text=True, value_rules=dashes) for name in names]
    blocks = list(json_blocks(iter([Chunk(data)]), table_of(*columns)))
    records = [json.loads(line) for line in data.splitlines()]
    rows = [row for block in blocks for row in block.rows.to_pylist()]
    expected_rows = [{name: None if record[name] == "-" else int(record[name]) for name in names} for record in records]
    assert [{name: row[name] for name in names} for row in rows] == expected_rows
    assert sum(counted(blocks).values()) == sum(record[name] == "-" for record in records for name in names)


def test_recorded_sensors_with_numbers_for_names_are_rows(recorded: Path) -> None:
    data = (recorded / "source_records" / "kdg_sensors.json").read_bytes()
    numbers = column("sensorId", "string", value_rules=ValueRules(accepts_number=True))
    blocks = list(json_blocks(iter([Chunk(data)]), table_of(numbers)))
    sent = re.findall(rb'"sensorId": ([0-9]+)', data)
    assert [row["sensorId"].encode() for block in blocks for row in block.rows.to_pylist()] == sent
    assert counted(blocks) == {("sensorId", "acceptsNumber"): len(sent)}
