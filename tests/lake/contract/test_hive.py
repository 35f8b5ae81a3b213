"""Hive's type names: what is one, what is none, and what the message says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lake.contract.hive import (
    PRIMITIVES,
    Array,
    Decimal,
    HiveType,
    HiveTypeError,
    Map,
    Primitive,
    Struct,
    parse_hive_type,
)

INT = Primitive("int")
STRING = Primitive("string")

names = st.from_regex(r"[a-z][a-z0-9_]{0,5}", fullmatch=True)
decimals = st.integers(1, 38).flatmap(lambda p: st.integers(0, p).map(lambda s: Decimal(p, s)))
scalars = st.sampled_from(PRIMITIVES).map(Primitive) | decimals
trees = st.recursive(
    scalars,
    lambda inner: (
        inner.map(Array)
        | st.builds(Map, scalars, inner)
        | st.dictionaries(names, inner, min_size=1, max_size=3).map(lambda fields: Struct(tuple(fields.items())))
    ),
    max_leaves=8,
)


@pytest.mark.parametrize("name", PRIMITIVES)
def test_every_primitive_is_itself_in_any_case(name: str) -> None:
    assert parse_hive_type(name) == Primitive(name)
    assert parse_hive_type(f"  {name.upper()} ") == Primitive(name)


@pytest.mark.parametrize(
    ("text", "tree", "canonical"),
    [
        ("decimal(38,0)", Decimal(38, 0), "decimal(38,0)"),
        ("DECIMAL ( 10 , 2 )", Decimal(10, 2), "decimal(10,2)"),
        ("array<array<int>>", Array(Array(INT)), "array<array<int>>"),
        ("map<string, array<int>>", Map(STRING, Array(INT)), "map<string,array<int>>"),
        (
            "array<struct<x: int, y: struct<z: decimal(3,1)>>>",
            Array(Struct((("x", INT), ("y", Struct((("z", Decimal(3, 1)),)))))),
            "array<struct<x:int,y:struct<z:decimal(3,1)>>>",
        ),
        ("struct<int:int,string:string>", Struct((("int", INT), ("string", STRING))), "struct<int:int,string:string>"),
    ],
)
def test_a_type_with_parts_is_a_tree_and_its_text_is_canonical(text: str, tree: object, canonical: str) -> None:
    parsed = parse_hive_type(text)
    assert parsed == tree
    assert str(parsed) == canonical
    assert parse_hive_type(canonical) == parsed


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "'' ends too early"),
        ("itn", "did you mean 'int'?"),
        ("long", "did you mean 'bigint'?"),
        ("varchar(10)", "did you mean 'string'?"),
        ("wibble", "unknown type 'wibble'; expected string, boolean, tinyint"),
        ("decimal", "decimal needs its digits, e.g. decimal(10,2)"),
        ("decimal(10)", "expected ',', found ')'"),
        ("decimal(39,0)", "1 <= p <= 38"),
        ("decimal(0,0)", "1 <= p <= 38"),
        ("decimal(2,3)", "0 <= s <= p"),
        ("decimal(a,b)", "expected a number of digits, found 'a'"),
        ("array<int", "expected '>', found 'the end'"),
        ("array<>", "unknown type '>'"),
        ("array", "expected '<', found 'the end'"),
        ("struct<>", "struct field '>'"),
        ("struct<a int>", "expected ':', found 'int'"),
        ("struct<a:int,a:int>", "struct field 'a' is there twice"),
        ("struct<aB:int>", "in lower case"),
        ("map<array<int>,int>", "a map's key is array<int>"),
        ("map<int>", "expected ',', found '>'"),
        ("int int", "'int' is left over"),
        ("int;", "';' belongs to no type"),
        ("array<int>>", "'>' is left over"),
    ],
)
def test_text_that_is_no_type_is_refused_with_what_was_expected(text: str, message: str) -> None:
    with pytest.raises(HiveTypeError) as refused:
        parse_hive_type(text)
    assert message in str(refused.value)


@given(trees)
def test_any_type_is_read_back_from_its_text_with_spaces_or_without(tree: HiveType) -> None:
    text = str(tree)
    assert parse_hive_type(text) == tree
    assert parse_hive_type(text.replace("<", " < ").replace(":", ": ").replace(",", " , ")) == tree
