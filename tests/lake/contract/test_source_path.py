"""Paths into raw records, as `sourceName` writes them."""

from __future__ import annotations

import pytest

from lake.contract.source_path import SourcePath, parse_path


@pytest.mark.parametrize(
    ("text", "steps", "of_payload"),
    [
        ("userId", ("userId",), False),
        ("client version", ("client version",), False),
        ("waf-error", ("waf-error",), False),
        ("it's", ("it's",), False),
        ("é", ("é",), False),
        ("$schema", ("$schema",), False),
        ("user.id", ("user", "id"), False),
        ("items[0].sku", ("items", 0, "sku"), False),
        ("a[0][10]", ("a", 0, 10), False),
        ('["a.b"]', ("a.b",), False),
        ('a["b.c"].d', ("a", "b.c", "d"), False),
        ('["a\\"b\\u00e9[0]"]', ('a"bé[0]',), False),
        ('["7"]', ("7",), False),
        ("$.owner", ("owner",), True),
        ('$["a.b"][2]', ("a.b", 2), True),
        ('["$"]', ("$",), False),
    ],
)
def test_a_path_is_names_places_and_quoted_names(text: str, steps: tuple[str | int, ...], of_payload: bool) -> None:
    path = parse_path(text)
    assert path == SourcePath(steps, of_payload)
    assert parse_path(str(path)) == path, "the text of a path is a path"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "expected e.g. userId"),
        ("a.", "expected a path such as"),
        (".a", "expected a path such as"),
        ("a..b", "expected a path such as"),
        ("a[b]", "expected a path such as"),
        ("a[-1]", "expected a path such as"),
        ("a[01]", "expected a path such as"),
        ("a[*].b", "expected a path such as"),
        ("a[0]b", "expected a path such as"),
        ("a]", "expected a path such as"),
        ('a["b]', "expected a path such as"),
        ('a["\\x"]', "expected a JSON string in brackets"),
        ("[0].a", "expected a name first"),
        ("$", "expected a field within it, e.g. \\$.owner"),
        ("$[0]", "expected a name first"),
    ],
)
def test_what_is_no_path_is_refused(text: str, expected: str) -> None:
    with pytest.raises(ValueError, match=expected):
        parse_path(text)


def test_text_of_a_path_quotes_only_what_would_be_read_otherwise() -> None:
    assert [str(parse_path(text)) for text in ('["a"]["b c"]', '["a.b"]', '["$x"].y', '$["x"]')] == [
        "a.b c",
        '["a.b"]',
        '["$x"].y',
        "$.x",
    ]
