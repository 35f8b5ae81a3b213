"""Types of Trino in Hive's spelling: known answers of Trino's documentation, Hive connector, "Type mapping"."""

from __future__ import annotations

import pytest

from lake.catalog.sql_types import hive_type, trino_type
from lake.errors import CatalogError


@pytest.mark.parametrize(
    ("trino", "hive"),
    [
        ("boolean", "boolean"),
        ("tinyint", "tinyint"),
        ("smallint", "smallint"),
        ("integer", "int"),
        ("int", "int"),
        ("bigint", "bigint"),
        ("real", "float"),
        ("double", "double"),
        ("decimal(10,2)", "decimal(10,2)"),
        ("decimal(38, 0)", "decimal(38,0)"),
        ("varchar", "string"),
        ("varchar(12)", "varchar(12)"),
        ("char(3)", "char(3)"),
        ("varbinary", "binary"),
        ("date", "date"),
        ("timestamp", "timestamp"),
        ("timestamp(3)", "timestamp"),
        ("timestamp(6)", "timestamp"),
        ("VARCHAR", "string"),
        ("array(varchar)", "array<string>"),
        ("array(array(integer))", "array<array<int>>"),
        ("map(varchar, bigint)", "map<string,bigint>"),
        ("map(varchar,array(timestamp(3)))", "map<string,array<timestamp>>"),
        ("row(a varchar)", "struct<a:string>"),
        ("row(a integer, b decimal(10,2), c array(double))", "struct<a:int,b:decimal(10,2),c:array<double>>"),
        ("row(a row(b bigint), c map(varchar,row(d date)))", "struct<a:struct<b:bigint>,c:map<string,struct<d:date>>>"),
        ("row(end integer, select array(row(order date)))", "struct<end:int,select:array<struct<order:date>>>"),
        ('array(row("dimension_x" integer,"dimension_y" integer))', "array<struct<dimension_x:int,dimension_y:int>>"),
    ],
)
def test_type_in_hives_spelling(trino: str, hive: str) -> None:
    assert hive_type(trino, "a column") == hive


@pytest.mark.parametrize(
    "trino",
    [
        "time",
        "timestamp(3) with time zone",
        "json",
        "interval day to second",
        "uuid",
        "array(json)",
        "",
        "decimal",
        "bigint x",
    ],
)
def test_type_that_hive_lacks_is_refused(trino: str) -> None:
    with pytest.raises(CatalogError, match=r"putting the column c of the view d\.v into the catalog: .*cast it in the"):
        hive_type(trino, "the column c of the view d.v")


@pytest.mark.parametrize("field", ["bigint", '"x y" bigint', '"a,b" bigint'])
def test_row_without_plain_names_is_refused(field: str) -> None:
    with pytest.raises(CatalogError, match=r"of a row has no plain name; cast the row, e\.g\. to row\(a bigint\)"):
        hive_type(f"row({field})", "a column")


@pytest.mark.parametrize(
    ("hive", "trino"),
    [
        ("string", "varchar"),
        ("int", "integer"),
        ("float", "real"),
        ("binary", "varbinary"),
        ("timestamp", "timestamp(3)"),
        ("decimal(10,2)", "decimal(10,2)"),
        ("map<string,array<bigint>>", "map(varchar, array(bigint))"),
        ("array<struct<x:int,at:timestamp>>", "array(row(x integer, at timestamp(3)))"),
        ("struct<end:int,map:string>", 'row("end" integer, map varchar)'),
    ],
)
def test_type_in_trinos_spelling_and_back(hive: str, trino: str) -> None:
    assert trino_type(hive) == trino
    assert hive_type(trino, "a column") == hive
