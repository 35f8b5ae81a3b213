"""The page on adding a table: its contract is one, and it names all that a contract can say."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import indent

from lake.contract.columns import CLASSIFICATIONS, COLUMN_PROPERTIES
from lake.contract.hive import PRIMITIVES
from lake.contract.load import load_contract
from lake.contract.rules import TABLE_PROPERTIES
from lake.contract.value_rules import PROPERTY_OF_RULE
from tests.conftest import REPOSITORY
from tests.lake.contract.orders import bent, write_contract

PAGE = (REPOSITORY / "docs" / "add-a-table.md").read_text(encoding="utf-8")


def test_the_pages_contract_is_a_contract(tmp_path: Path) -> None:
    found = re.findall(r"```yaml\n# contracts/(\S+)\n(.*?)```", PAGE, flags=re.DOTALL)
    assert [place for place, _ in found] == ["shop/orders_v1.odcs.yaml"]
    table = load_contract(write_contract(tmp_path, found[0][1]))
    assert (table.full_name, table.key, table.lookback_hours) == ("shop.orders_v1", ("order_id",), 1)


def test_the_examples_of_how_values_are_written_are_columns_and_show_every_property(tmp_path: Path) -> None:
    page = (REPOSITORY / "docs" / "contracts.md").read_text(encoding="utf-8")
    section = page.partition("\n## How values are written\n")[2].partition("\n## ")[0]
    examples = re.findall(r"```yaml\n(.*?)```", section, flags=re.DOTALL)
    state = "      - name: state\n"
    text = bent((state, indent("".join(examples), " " * 6) + state))
    columns = load_contract(write_contract(tmp_path, text)).columns
    assert len(columns) == len(examples) + 4
    shown = {name for column in columns for name in column.value_rules.properties}
    assert shown == set(PROPERTY_OF_RULE.values())


def test_the_page_names_every_property_type_and_classification() -> None:
    words = set(re.findall(r"[A-Za-z_]+", " ".join(re.findall(r"`([^`\n]+)`", PAGE))))
    assert set() == {*TABLE_PROPERTIES, *COLUMN_PROPERTIES, *PRIMITIVES, *CLASSIFICATIONS} - words
