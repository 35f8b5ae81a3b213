"""Statements made of the functions that the local engine knows, asked of both engines.

Expressions are built by type from the table of signatures: literals (edge values among them), columns, operators,
casts, CASE, lambdas, aggregates and windows. A difference is made as small as it stays one, and printed.

    python -m tests.generated_queries --seconds 3600
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import pyarrow as pa

from lake.query.run import run_query
from lake.sql.translation.functions.registry import CASTS, FUNCTIONS
from lake.sql.translation.signatures import Function, fits, instantiated
from lake.sql.translation.types import BOOLEAN, DOUBLE, INTEGER, VARCHAR, Type, array, map_of, parsed_type
from tests.trino_answers import Answer, answer_of, difference

# What gives another answer each time, or one that is only about right.
_NOT_ASKED = frozenset(
    {
        *("random", "rand", "uuid", "shuffle", "now", "current_timestamp", "current_date", "current_time", "localtime"),
        *("localtimestamp", "approx_distinct", "approx_percentile", "numeric_histogram", "approx_most_frequent"),
    }
)
_REFUSALS = ("UnsupportedSqlError",)
_LITERALS = {
    "boolean": ("TRUE", "FALSE"),
    "tinyint": ("TINYINT '3'", "TINYINT '-128'"),
    "smallint": ("SMALLINT '7'", "SMALLINT '32767'"),
    "integer": ("0", "1", "-1", "2", "3", "7", "100", "2147483647", "-2147483648"),
    "bigint": ("BIGINT '0'", "BIGINT '5'", "3000000000", "9223372036854775807", "BIGINT '-2'"),
    "real": ("REAL '1.5'", "REAL '-0.1'", "REAL '0'"),
    "double": ("0e0", "1.5e0", "-2.5e0", "1e20", "1e-7", "nan()", "infinity()", "123456.789e0"),
    "decimal": ("1.5", "-0.05", "12345678.91", "0.00", "99999999.99"),
    "varchar": (
        "''",
        "'abc'",
        "'a,b,c'",
        "'ÄßÉ€'",
        "'  x y '",
        "'2026-11-21'",
        "'12'",
        "'-1.5'",
        "'k=v'",
        "'😀z'",
        "'a1b22'",
    ),
    "varbinary": ("X''", "X'616263'", "X'ff00'"),
    "date": ("DATE '2026-11-21'", "DATE '2024-02-29'", "DATE '1969-12-31'"),
    "timestamp": (
        "TIMESTAMP '2026-11-21 10:20:30.123'",
        "TIMESTAMP '2024-02-29 23:59:59'",
        "TIMESTAMP '1969-12-31 23:00:00.5'",
    ),
    "timestamp with time zone": (
        "TIMESTAMP '2026-11-21 10:00:00 UTC'",
        "TIMESTAMP '2026-03-08 01:30:00.250 America/New_York'",
    ),
    "time": ("TIME '10:20:30'", "TIME '23:59:59.999'"),
    "interval day to second": ("INTERVAL '1' DAY", "INTERVAL '-90' MINUTE", "INTERVAL '36' HOUR"),
    "interval year to month": ("INTERVAL '1' YEAR", "INTERVAL '14' MONTH"),
    "json": ("""JSON '{"a":[1,2.50,"x"],"b":null}'""", "JSON '[1,2]'", "JSON '\"t\"'", "JSON '7'"),
    "array": (),
    "map": (),
}
_SIMPLE = ("boolean", "integer", "bigint", "double", "varchar", "date", "timestamp(3)", "decimal(10, 2)")


@dataclass(frozen=True)
class Piece:
    """An expression: text with a place {0}, {1}, ... for each part."""

    text: str
    type: Type
    parts: tuple[Piece, ...] = ()

    @property
    def sql(self) -> str:
        made = self.text
        for at, part in enumerate(self.parts):
            made = made.replace(f"{{{at}}}", part.sql)
        return made


@dataclass
class Maker:
    """Makes expressions; `columns` are those that stand in a FROM, or are a lambda's parameters."""

    random: random.Random
    columns: tuple[Piece, ...] = ()
    depth: int = 0
    scalars: tuple[Function, ...] = field(default_factory=lambda: _of_kind("scalar"))

    def any(self, kind: Type, depth: int) -> Piece:
        """An expression of a type."""
        fitting = [column for column in self.columns if column.type == kind]
        if fitting and self.random.random() < 0.45:
            return self.random.choice(fitting)
        if depth <= 0 or self.random.random() < 0.15:
            return self.literal(kind)
        way = self.random.choices((self.call, self.cast, self.case, self.operator), (10, 2, 1, 3))[0]
        return way(kind, depth) or self.literal(kind)

    def literal(self, kind: Type) -> Piece:
        if self.random.random() < 0.06 and "function" not in str(kind):
            return Piece(f"CAST(NULL AS {kind})", kind)
        if kind.name == "array":
            parts = tuple(self.literal(kind.types[0]) for _ in range(self.random.randrange(4)))
            text = f"ARRAY[{', '.join(f'{{{at}}}' for at in range(len(parts)))}]"
            return Piece(f"CAST({text} AS {kind})", kind, parts)
        if kind.name == "map":
            keys = self._keys(kind.types[0])
            values = [self.literal(kind.types[1]).sql for _ in keys]
            return Piece(f"CAST(map(ARRAY[{', '.join(keys)}], ARRAY[{', '.join(values)}]) AS {kind})", kind)
        if kind.name == "row":
            return Piece(f"CAST(NULL AS {kind})", kind)
        text = self.random.choice(_LITERALS.get(kind.name) or ("NULL",))
        exact = kind.name in ("integer", "double", "boolean", "varchar", "date", "varbinary", "json")
        return Piece(text if exact else f"CAST({text} AS {kind})", kind)

    def _keys(self, kind: Type) -> list[str]:
        known = _LITERALS.get(kind.name) or ("1",)
        return self.random.sample(known, min(2, len(known)))

    def call(self, kind: Type, depth: int) -> Piece | None:
        return self._call(kind, depth, self.scalars)

    def _call(self, kind: Type, depth: int, functions: Sequence[Function]) -> Piece | None:
        for function in self.random.sample(functions, min(len(functions), 200)):
            bindings: dict[str, object] = {}
            result = function.parts[3]
            if function.result is not None or not _gives(result, kind, bindings):
                continue
            count = self.random.randrange(1, 4) if function.parts[2] else len(function.parts[1])
            parameters = function.parameters(count)
            if parameters is None or any(parameter.has("row") for parameter in parameters):
                continue
            parts = tuple(self.argument(parameter, bindings, depth - 1) for parameter in parameters)
            text = f"{function.name}({', '.join(f'{{{at}}}' for at in range(len(parts)))})"
            return Piece(text, kind, parts)
        return None

    def argument(self, parameter: Type, bindings: dict[str, object], depth: int) -> Piece:
        for letter in _letters(parameter):
            if letter not in bindings:
                # The state of a reduce: of texts, Trino has the length in the type, and refuses what we answer.
                known = [kind for kind in _SIMPLE if letter != "S" or kind != "varchar"]
                bindings[letter] = parsed_type(self.random.choice(known)) if letter.isupper() else 3
        wanted = instantiated(parameter, bindings)
        if wanted.name != "function":
            return self.any(wanted, depth)
        names = [f"v{self.depth}{at}" for at in range(len(wanted.types) - 1)]
        known = tuple(Piece(name, kind) for name, kind in zip(names, wanted.types, strict=False))
        inner = replace(self, columns=(*self.columns, *known), depth=self.depth + 1)
        return Piece(f"({', '.join(names)}) -> {{0}}", wanted, (inner.any(wanted.types[-1], depth),))

    def cast(self, kind: Type, depth: int) -> Piece | None:
        sources = [
            source for source, target in CASTS if target == kind.name and _LITERALS.get(source) and source != "json"
        ]
        if not sources:
            return None
        source = parsed_type(self.random.choice(sources))
        word = self.random.choice(("CAST", "TRY_CAST"))
        full = replace(source, parts={"decimal": (10, 2), "timestamp": (3,)}.get(source.name, source.parts))
        return Piece(f"{word}({{0}} AS {kind})", kind, (self.any(full, depth - 1),))

    def case(self, kind: Type, depth: int) -> Piece:
        if self.random.random() < 0.5:
            return Piece("coalesce({0}, {1})", kind, (self.any(kind, depth - 1), self.any(kind, depth - 1)))
        parts = (self.any(BOOLEAN, depth - 1), self.any(kind, depth - 1), self.any(kind, depth - 1))
        return Piece("CASE WHEN {0} THEN {1} ELSE {2} END", kind, parts)

    def operator(self, kind: Type, depth: int) -> Piece | None:
        if kind == BOOLEAN:
            of = parsed_type(self.random.choice(_SIMPLE))
            sign = self.random.choice(("=", "<>", "<", "<=", ">", ">=", "IS DISTINCT FROM"))
            return Piece(f"({{0}} {sign} {{1}})", kind, (self.any(of, depth - 1), self.any(of, depth - 1)))
        if kind.name in ("integer", "bigint", "double", "real", "smallint"):
            sign = self.random.choice("+-*/%")
            return Piece(f"({{0}} {sign} {{1}})", kind, (self.any(kind, depth - 1), self.any(kind, depth - 1)))
        if kind == VARCHAR:
            return Piece("({0} || {1})", kind, (self.any(kind, depth - 1), self.any(kind, depth - 1)))
        if kind.name in ("date", "timestamp"):
            unit = "DAY" if kind.name == "date" else self.random.choice(("DAY", "HOUR", "MINUTE", "SECOND"))
            sign = self.random.choice("+-")
            return Piece(
                f"({{0}} {sign} INTERVAL '{self.random.randrange(1, 40)}' {unit})", kind, (self.any(kind, depth - 1),)
            )
        return None

    def statement(self) -> tuple[str, Piece]:
        """A frame with a place {}, and the expression that stands in it."""
        kind = self._kind()
        form = self.random.randrange(5)
        if form == 0:
            return "SELECT {} AS x", self.any(kind, 3)
        frame, columns = self._table()
        inner = replace(self, columns=columns)
        if form == 1:
            return f"SELECT n, {{}} AS x FROM {frame} ORDER BY n", inner.any(kind, 3)
        if form == 2:
            return f"SELECT count(*) AS x FROM {frame} WHERE {{}}", inner.any(BOOLEAN, 3)
        found = inner._call(kind, 2, _of_kind("aggregate" if form == 3 else "window"))
        if found is None:
            return f"SELECT n, {{}} AS x FROM {frame} ORDER BY n", inner.any(kind, 2)
        around = replace(self, columns=(found,))
        outer = around.any(self._kind(), 2) if form == 3 else found
        if form == 3:
            return f"SELECT {{}} AS x FROM {frame}", outer
        return f"SELECT n, {{}} OVER (ORDER BY n) AS x FROM {frame} ORDER BY n", found

    def _kind(self) -> Type:
        simple = parsed_type(self.random.choice(_SIMPLE))
        return self.random.choice((simple, simple, simple, array(simple), map_of(VARCHAR, simple), INTEGER, DOUBLE))

    def _table(self) -> tuple[str, tuple[Piece, ...]]:
        kinds = [parsed_type(name) for name in self.random.sample(_SIMPLE, 3)]
        rows = [", ".join([str(at), *(self.literal(kind).sql for kind in kinds)]) for at in range(1, 5)]
        casts = ", ".join(f"CAST(c{at} AS {kind}) AS c{at}" for at, kind in enumerate(kinds))
        names = ", ".join(f"c{at}" for at in range(len(kinds)))
        table = f"(SELECT n, {casts} FROM (VALUES {', '.join(f'({row})' for row in rows)}) AS v (n, {names}))"
        return table, (*(Piece(f"c{at}", kind) for at, kind in enumerate(kinds)), Piece("n", INTEGER))


def _of_kind(kind: str) -> tuple[Function, ...]:
    return tuple(each for each in FUNCTIONS.functions if each.kind == kind and each.name not in _NOT_ASKED)


def _gives(result: Type, kind: Type, bindings: dict[str, object]) -> bool:
    if result.name != kind.name and len(result.name) != 1:
        return False
    return fits(result, kind, bindings) and instantiated(result, bindings) == kind


def _letters(kind: Type) -> list[str]:
    own = [kind.name] if len(kind.name) == 1 else []
    return [
        *own,
        *(part for part in kind.parts if isinstance(part, str)),
        *(x for part in kind.types for x in _letters(part)),
    ]


Ask = Callable[[str], pa.Table]


@dataclass
class Difference:
    """A statement whose answers differ, as small as it was made."""

    sql: str
    how: str


def differences(ask: Ask, root: str, seed: int, seconds: float, said: Counter[str]) -> Iterator[Difference]:
    """Statements whose answers differ, for some seconds; how many were equal, refused, ... is counted in `said`."""
    maker, until = Maker(random.Random(seed)), time.monotonic() + seconds
    while time.monotonic() < until:
        frame, piece = maker.statement()
        how = _asked(ask, root, frame.replace("{}", piece.sql), said)
        if how is not None:
            yield _smallest(ask, root, frame, piece, how)


def _asked(ask: Ask, root: str, sql: str, said: Counter[str]) -> str | None:
    ours: Answer = answer_of(lambda: run_query(sql, root).table)
    if ours.get("error") in _REFUSALS:
        said["refused"] += 1
        return None
    theirs = answer_of(lambda: ask(sql))
    how = difference(sql, theirs, ours)
    if how is not None and "error" in ours:
        # It is no wrong answer; Trino may not have come to the row, or the column, that fails.
        said["failed"] += 1
        return None
    said["both fail" if "error" in ours else "equal" if how is None else "different"] += 1
    return how


def _smallest(ask: Ask, root: str, frame: str, piece: Piece, how: str) -> Difference:
    """Replace parts by simpler ones as long as the answers differ."""
    maker, said = Maker(random.Random(0)), Counter[str]()
    for _ in range(60):
        for simpler in _simpler(piece, maker):
            found = _asked(ask, root, frame.replace("{}", simpler.sql), said)
            if found is not None:
                piece, how = simpler, found
                break
        else:
            break
    return Difference(frame.replace("{}", piece.sql), how)


def _simpler(piece: Piece, maker: Maker) -> Iterator[Piece]:
    """The expression with one part less: a part of its type in its place, or a literal in place of a part."""
    yield from (part for part in piece.parts if part.type == piece.type)
    for at, part in enumerate(piece.parts):
        for smaller in _simpler(part, maker):
            yield replace(piece, parts=(*piece.parts[:at], smaller, *piece.parts[at + 1 :]))
        if part.parts and part.type.name != "function":
            shorter = replace(maker, random=random.Random(7)).literal(part.type)
            yield replace(piece, parts=(*piece.parts[:at], replace(shorter, parts=()), *piece.parts[at + 1 :]))


def main() -> None:
    """Ask for as long as is said, print what differs, and end with an error if anything does."""
    from lake_local.trino.engine import TrinoEngine
    from lake_local.trino.server import stop

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    parser.add_argument("--root", help="a lake whose Trino runs already")
    given = parser.parse_args()
    said: Counter[str] = Counter()
    print(f"seed {given.seed}")
    with tempfile.TemporaryDirectory() as folder:
        root = given.root or folder
        engine = TrinoEngine(root, print)
        try:
            for each in differences(lambda sql: engine.run(sql).table, root, given.seed, given.seconds, said):
                print(f"{each.sql}\n    {each.how}", flush=True)
        finally:
            if given.root is None:
                stop(root)
    print(dict(said))
    if said["different"]:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
