"""A contract's table as a Spark schema."""

from __future__ import annotations

from typing import assert_never

from pyspark.sql import types as spark

from lake.contract.hive import Array, Decimal, HiveType, Map, Primitive, Struct, parse_hive_type
from lake.contract.model import RESCUED_COLUMN, Table

_PRIMITIVES: dict[str, spark.DataType] = {
    "string": spark.StringType(),
    "boolean": spark.BooleanType(),
    "tinyint": spark.ByteType(),
    "smallint": spark.ShortType(),
    "int": spark.IntegerType(),
    "bigint": spark.LongType(),
    "float": spark.FloatType(),
    "double": spark.DoubleType(),
    "timestamp": spark.TimestampType(),
    "date": spark.DateType(),
    "binary": spark.BinaryType(),
}


def spark_type(hive: HiveType | str) -> spark.DataType:
    """The Spark type of a Hive type; a timestamp is an instant (TimestampType), as Arrow's with a zone is."""
    kind = parse_hive_type(hive) if isinstance(hive, str) else hive
    match kind:
        case Primitive(name):
            return _PRIMITIVES[name]
        case Decimal(precision, scale):
            return spark.DecimalType(precision, scale)
        case Array(element):
            return spark.ArrayType(spark_type(element))
        case Struct(fields):
            return spark.StructType([spark.StructField(name, spark_type(field)) for name, field in fields])
        case Map(key, value):
            return spark.MapType(spark_type(key), spark_type(value))
        case _:
            assert_never(kind)


def spark_schema(table: Table) -> spark.StructType:
    """The schema of a table's files, as `arrow_schema` has it: the contract's columns, then `rescued`; all nullable."""
    columns = [spark.StructField(column.name, spark_type(column.hive_type)) for column in table.columns]
    return spark.StructType([*columns, spark.StructField(RESCUED_COLUMN, spark.StringType())])
