"""Arrow schemas: every Hive type, and the type as which Spark reads it."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa
import pytest
from pyspark.sql import types as spark
from pyspark.sql.pandas.types import from_arrow_schema

from lake.contract.arrow import arrow_schema, arrow_type, quarantine_schema
from lake.contract.hive import PRIMITIVES
from lake.contract.model import Column, Table

TYPES = [
    ("string", pa.string(), spark.StringType()),
    ("boolean", pa.bool_(), spark.BooleanType()),
    ("tinyint", pa.int8(), spark.ByteType()),
    ("smallint", pa.int16(), spark.ShortType()),
    ("int", pa.int32(), spark.IntegerType()),
    ("bigint", pa.int64(), spark.LongType()),
    ("float", pa.float32(), spark.FloatType()),
    ("double", pa.float64(), spark.DoubleType()),
    ("timestamp", pa.timestamp("us", "UTC"), spark.TimestampType()),
    ("date", pa.date32(), spark.DateType()),
    ("binary", pa.binary(), spark.BinaryType()),
    ("decimal(38,18)", pa.decimal128(38, 18), spark.DecimalType(38, 18)),
    ("array<bigint>", pa.list_(pa.int64()), spark.ArrayType(spark.LongType())),
    ("map<string,date>", pa.map_(pa.string(), pa.date32()), spark.MapType(spark.StringType(), spark.DateType())),
    (
        "struct<a:int,b:array<struct<c:string>>>",
        pa.struct({"a": pa.int32(), "b": pa.list_(pa.struct({"c": pa.string()}))}),
        spark.StructType()
        .add("a", spark.IntegerType())
        .add("b", spark.ArrayType(spark.StructType().add("c", spark.StringType()))),
    ),
]


def table(*types: str) -> Table:
    columns = tuple(Column(f"c{index}", f"c{index}", kind) for index, kind in enumerate(types))
    return Table("shop", "orders_v1", "1.0.0", "", columns, None)


@pytest.mark.parametrize(("hive", "arrow", "_"), TYPES)
def test_each_hive_type_is_one_arrow_type(hive: str, arrow: pa.DataType, _: spark.DataType) -> None:
    assert arrow_type(hive) == arrow


@pytest.mark.parametrize(("hive", "_", "of_spark"), TYPES)
def test_spark_reads_each_hive_type_as_its_own(hive: str, _: pa.DataType, of_spark: spark.DataType) -> None:
    assert from_arrow_schema(arrow_schema(table(hive)))["c0"].dataType == of_spark


def test_no_primitive_type_is_left_out() -> None:
    assert {hive for hive, _, _ in TYPES} >= set(PRIMITIVES)


def test_a_schema_is_the_contracts_columns_in_order_then_rescued_all_nullable() -> None:
    wanted = table("bigint", "timestamp")
    required = replace(wanted, columns=tuple(replace(column, required=True) for column in wanted.columns))
    expected = pa.schema({"c0": pa.int64(), "c1": pa.timestamp("us", "UTC"), "rescued": pa.string()})
    assert arrow_schema(required).equals(expected, check_metadata=True)


def test_the_quarantine_has_its_seven_columns() -> None:
    assert quarantine_schema() == pa.schema(
        {
            "reason": pa.string(),
            "message": pa.string(),
            "source_object": pa.string(),
            "record": pa.int64(),
            "offset": pa.int64(),
            "payload": pa.binary(),
            "contract_version": pa.string(),
        }
    )
