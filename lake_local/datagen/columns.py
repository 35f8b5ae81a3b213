"""Plausible values for a column from its contract alone, as an expression of DuckDB."""

from __future__ import annotations

from lake.contract.hive import Array, Decimal, HiveType, Map, Primitive, Struct, parse_hive_type
from lake.contract.model import Column
from lake_local.datagen.volume import Volume

_WORDS = ["amber", "birch", "cedar", "dune", "ember", "fern", "grove", "harbor", "iris", "juniper", "kelp", "maple"]
_LARGEST = {"tinyint": 100, "smallint": 10_000, "int": 100_000, "bigint": 10_000_000}
_NULL_SHARE = 0.02  # of columns that are not required
_DAY_MS = 86_400_000


def is_nested(column: Column) -> bool:
    """Whether the column's values are arrays, maps or structs."""
    return isinstance(parse_hive_type(column.hive_type), Array | Map | Struct)


def plausible(volume: Volume, column: Column) -> str:
    """The column's value over the rows of a record model; null now and then where the column is not required."""
    kind, name = parse_hive_type(column.hive_type), column.name
    time = "export_time" if volume.is_csv else "iso"
    if name == volume.table.event_time and kind == Primitive("timestamp"):
        return f"{time}(happened)"
    if column.allowed_values:
        value = _choice("i", name, list(column.allowed_values))
    elif column.key_position is not None and kind == Primitive("string"):
        value = f"md5(concat_ws(' ', seed(), {text(name)}, i))::UUID"
    elif column.key_position is not None and kind in (Primitive("int"), Primitive("bigint")):
        largest = 2**31 if kind == Primitive("int") else 2**53  # few enough collide, and JSON readers keep them exact
        value = f"1 + below(i, {text(name)}, {largest - 1})"
    elif kind == Primitive("timestamp"):
        value = f"{time}(happened - below(i, {text(name)}, {_DAY_MS}))"
    else:
        value = _value(kind, name, "i")
    if column.required or column.key_position is not None:
        return value
    return f"if(share(i, {text(f'{name} is null')}) < {_NULL_SHARE}, NULL, {value})"


def text(value: str) -> str:
    """A string of SQL."""
    return "'" + value.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """A name of SQL."""
    return '"' + name.replace('"', '""') + '"'


def _choice(row: str, purpose: str, words: list[str]) -> str:
    return f"[{', '.join(map(text, words))}][1 + below({row}, {text(purpose)}, {len(words)})]"


def _value(kind: HiveType, name: str, row: str) -> str:  # noqa: PLR0911 # one return a type reads as the table that it is
    """A value of a type; `row` is the number that it is made from."""
    purpose = text(name)
    match kind:
        case Primitive("string"):
            if name.endswith("_id"):
                return f"concat({text(name.removesuffix('_id') + '-')}, 1 + below({row}, {purpose}, 999))"
            return _choice(row, name, _WORDS)
        case Primitive("boolean"):
            return f"below({row}, {purpose}, 2) = 1"
        case Primitive("float" | "double"):
            return f"below({row}, {purpose}, 100000) / 100"
        case Primitive("timestamp"):
            return "iso(happened)"
        case Primitive("date"):
            return "strftime(epoch_ms(happened), '%Y-%m-%d')"
        case Primitive("binary"):
            return _choice(row, name, ["bGFrZQ==", "cmF3", "AAEC"])  # base64
        case Primitive(number):
            return f"below({row}, {purpose}, {_LARGEST[number]})"
        case Decimal(precision, scale):
            largest = 10 ** min(precision, scale + 4, 18)
            return f"(below({row}, {purpose}, {largest})::DECIMAL(38, 0) * 1e-{scale})::DECIMAL({precision}, {scale})"
        case Array(element):
            item = f"item{len(row)}"  # another name at each depth
            length = f"below({row}, {text(f'{name} length')}, 4)"
            return f"list_transform(range({length}), lambda {item}: {_value(element, name, f'({row} * 4 + {item})')})"
        case Struct(fields):
            values = (f"{identifier(field)} := {_value(field_kind, field, row)}" for field, field_kind in fields)
            return f"struct_pack({', '.join(values)})"
        case Map(key, value):
            return f"MAP {{{_value(key, f'{name} key', row)}: {_value(value, name, row)}}}"
