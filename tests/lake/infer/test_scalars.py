"""Which type a column has by its values, and by which rules they are read: each case beside the one that differs."""

from __future__ import annotations

from decimal import Decimal

import pytest

from lake.infer.scalars import csv_form, json_form
from lake.infer.seen import Scalar

D = Decimal


@pytest.mark.parametrize(
    ("name", "values", "hive_type", "rules", "nulls"),
    [
        ("flag", [True, False], "boolean", {}, ()),
        ("n", [1, -7, 999_999], "int", {}, ()),
        ("n", [1, 1_000_000], "bigint", {}, ()),
        ("n", [2**63 - 1], "bigint", {}, ()),
        ("n", [2**63], "decimal(38,0)", {}, ()),
        ("n", [10**38], "string", {"acceptsNumber": True}, ()),
        ("x", [1, D("1.5")], "double", {}, ()),
        ("price", [1, D("1.5")], "decimal(18,2)", {}, ()),
        ("unitPrice", [D("0.1234")], "decimal(18,4)", {}, ()),
        ("price", [D("0.12345")], "double", {}, ()),
        ("x", [D("1E+9999999")], "double", {}, ()),
        ("sku_id", [D("7.0"), D("1E2")], "int", {"acceptsWholeFloat": True}, ()),
        ("reading", [D("7.0")], "double", {}, ()),
        ("created", [1543534570, 1543534571], "timestamp", {"epochUnit": "seconds"}, ()),
        ("created", [1543534570000], "timestamp", {"epochUnit": "millis"}, ()),
        ("created", [D("1543534570.5")], "timestamp", {"epochUnit": "seconds"}, ()),
        ("created", [1543534570, 1543534570000], "bigint", {}, ()),
        ("order", [1543534570000], "bigint", {}, ()),
        ("at", ["2026-11-21T09:00:00Z"], "timestamp", {}, ()),
        ("at", ["2026-11-21T09:00:00Z", "soon"], "string", {}, ()),
        ("at", ["1543534570000"], "timestamp", {"epochUnit": "millis", "acceptsText": True}, ()),
        ("zip", ["00501", "10001"], "string", {}, ()),
        ("n", ["7", "8"], "string", {}, ()),
        ("n", [7, "8"], "int", {"acceptsText": True}, ()),
        ("n", [7, "x8"], "string", {"acceptsNumber": True}, ()),
        ("n", [7, "NA", "-"], "int", {}, ("-", "NA")),
        ("flag", [True, "false"], "boolean", {"acceptsText": True}, ()),
        ("flag", [True, "maybe"], "string", {"acceptsScalar": True}, ()),
        ("flag", [True, 1], "string", {"acceptsScalar": True}, ()),
        ("flag", [True, "1", 1], "string", {"acceptsScalar": True}, ()),
        ("state", ["-", "-"], "string", {}, ("-",)),
        ("region", ["NA", "NA"], "string", {}, ()),
    ],
)
def test_json(
    name: str, values: list[Scalar], hive_type: str, rules: dict[str, object], nulls: tuple[str, ...]
) -> None:
    form = json_form(values, name)
    assert (form.hive_type, dict(form.rules), form.nulls) == (hive_type, rules, nulls)


@pytest.mark.parametrize(
    ("name", "texts", "hive_type", "rules", "nulls"),
    [
        ("n", ["1", "", "7"], "int", {}, ()),
        ("n", ["1", "007"], "string", {}, ()),
        ("n", ["1", "NA"], "int", {}, ("NA",)),
        ("n", ["NA", "DE"], "string", {}, ()),
        ("n", ["1", r"\N"], "int", {}, (r"\N",)),
        ("n", [" 1", "2 "], "int", {"trim": True}, ()),
        ("x", ["1.5", "2"], "double", {}, ()),
        ("x", ["1,500"], "string", {}, ()),
        ("passenger_count", ["1.0", "2.0"], "int", {"acceptsWholeFloat": True}, ()),
        ("total_amount", ["17.76", "-3"], "decimal(18,2)", {}, ()),
        ("b", ["true", "False"], "boolean", {}, ()),
        ("b", ["Y", "N"], "string", {}, ()),
        ("day", ["2026-11-21"], "date", {}, ()),
        ("ts", ["1543534570"], "timestamp", {"epochUnit": "seconds"}, ()),
        ("date", ["20181130"], "date", {"timeFormat": "yyyyMMdd"}, ()),
        ("number", ["20181130"], "bigint", {}, ()),
        ("n", ["9" * 5000], "string", {}, ()),
    ],
)
def test_csv(name: str, texts: list[str], hive_type: str, rules: dict[str, object], nulls: tuple[str, ...]) -> None:
    form = csv_form(texts, name)
    assert (form.hive_type, dict(form.rules), form.nulls) == (hive_type, rules, nulls)
