"""Athena's functions as DuckDB macros, where the two differ in more than the name; types of arguments decide."""

from __future__ import annotations

# Two digits a byte; a binary of no bytes lies behind its end.
_HEX_START = (
    "CASE WHEN i > 0 THEN 2 * i - 1 WHEN i < 0 AND -i <= octet_length(s) THEN 2 * (octet_length(s) + i) + 1 "
    "ELSE 2 * octet_length(s) + 1 END"
)

# Name, and its overloads: (parameters, body). Sources: Trino's documentation of functions and operators, version 3 of
# Athena's engine being Trino's; DuckDB's behaviour as executed (tests/lake/query/test_functions.py).
_OVERLOADS: dict[str, tuple[tuple[str, str], ...]] = {
    # A date stays a date; DuckDB would make it a timestamp.
    "athena_trunc": (
        ("unit, x DATE", "CAST(date_trunc(unit, x) AS DATE)"),
        ("unit, x TIMESTAMP", "date_trunc(unit, x)"),
        ("unit, x TIMESTAMPTZ", "date_trunc(unit, x)"),
    ),
    "athena_shift": (("x DATE, i INTERVAL", "CAST(x + i AS DATE)"), ("x, i", "x + i")),
    # Halves are rounded away from zero; DuckDB's cast of a double rounds them to even.
    "athena_rounded": (("x DOUBLE", "round(x)"), ("x FLOAT", "round(x)"), ("x", "x")),
    # A timestamp has milliseconds, and UTC behind it where it has a zone; DuckDB leaves out a fraction that is zero.
    "athena_text": (
        ("x DATE", "strftime(x, '%Y-%m-%d')"),
        ("x TIMESTAMP", "strftime(x, '%Y-%m-%d %H:%M:%S.%g')"),
        ("x TIMESTAMPTZ", "strftime(x, '%Y-%m-%d %H:%M:%S.%g UTC')"),
        ("x", "CAST(x AS VARCHAR)"),
    ),
    # DuckDB has no part of a binary; and where the start lies before the first character, Athena finds nothing.
    "athena_substr": (
        ("s BLOB, i", f"unhex(substr(hex(s), {_HEX_START}))"),
        ("s, i", "CASE WHEN i = 0 OR -i > length(s) THEN left(s, 0) ELSE substr(s, i) END"),
        ("s BLOB, i, n", f"unhex(substr(hex(s), {_HEX_START}, 2 * n))"),
        ("s, i, n", "CASE WHEN i = 0 OR -i > length(s) THEN left(s, 0) ELSE substr(s, i, n) END"),
    ),
    # NULL where nothing matches; DuckDB gives ''.
    "athena_regexp_extract": (
        ("s, p", "CASE WHEN regexp_matches(s, p) THEN regexp_extract(s, p) END"),
        ("s, p, g", "CASE WHEN regexp_matches(s, p) THEN regexp_extract(s, p, g) END"),
    ),
    "athena_split_part": (("s, d, n", "CASE WHEN n <= len(string_split(s, d)) THEN split_part(s, d, n) END"),),
    # NULL for text that is no JSON; DuckDB raises.
    "athena_json_extract": (("j, p", "CASE WHEN json_valid(j) THEN json_extract(j, p) END"),),
    "athena_json_array_length": (
        ("j", "CASE WHEN json_valid(j) AND json_type(j) = 'ARRAY' THEN CAST(json_array_length(j) AS BIGINT) END"),
    ),
    # The local time there, without a zone: DuckDB keeps no zone beside an instant.
    "athena_at_timezone": (("t, z", "CAST(t AS TIMESTAMPTZ) AT TIME ZONE z"),),
    "athena_with_timezone": (("t, z", "CAST(t AS TIMESTAMP) AT TIME ZONE z"),),
    "athena_millisecond": (("t", "millisecond(t) % 1000"),),
    "athena_to_iso8601": (
        ("t DATE", "strftime(t, '%Y-%m-%d')"),
        ("t TIMESTAMP", "strftime(t, '%Y-%m-%dT%H:%M:%S.%g')"),
        ("t TIMESTAMPTZ", "strftime(t, '%Y-%m-%dT%H:%M:%S.%gZ')"),
    ),
    "athena_map_agg": (("k, v", "map(list(k), list(v))"),),
    "athena_url_protocol": (("u", "nullif(regexp_extract(u, '^([A-Za-z][A-Za-z0-9+.-]*):', 1), '')"),),
    "athena_url_host": (
        ("u", "nullif(regexp_extract(u, '^[A-Za-z][A-Za-z0-9+.-]*://(?:[^/?#@]*@)?([^/:?#]*)', 1), '')"),
    ),
    "athena_url_path": (("u", "regexp_extract(u, '^(?:[A-Za-z][A-Za-z0-9+.-]*:)?(?://[^/?#]*)?([^?#]*)', 1)"),),
    "athena_url_query": (("u", "nullif(regexp_extract(u, '\\?([^#]*)', 1), '')"),),
}


def macros_called(sql: str) -> dict[str, str]:
    """The macros that a statement in DuckDB's dialect calls, by name, with the CREATE statement of each."""
    called = sql.lower()
    return {
        name: f"CREATE MACRO {name} " + ", ".join(f"({parameters}) AS {body}" for parameters, body in overloads)
        for name, overloads in _OVERLOADS.items()
        if f"{name}(" in called
    }
