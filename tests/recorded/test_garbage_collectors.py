"""Garbage collectors' logs, from CloudWatch Logs and as files: lines as they are, pauses taken apart by views."""

from __future__ import annotations

import gzip
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pytest

from lake.contract.arrow import arrow_schema
from tests.glue_jobs.accounts import accounts, assert_all_accounted_for
from tests.glue_jobs.harness import Trial
from tests.recorded.lakes import BothEngines, RecordedLake

LINES, FILES, JAVA8 = "operations.gc_lines_v1", "operations.gc_log_v1", "operations.gc_log_java8_v1"
HOUR, NEXT = "2020-09-03-15", "2020-09-03-16"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MEBI = {"B": 2.0**-20, "K": 2.0**-10, "M": 1.0, "G": 2.0**10}


class Pause(NamedTuple):
    kind: str
    cause: str | None
    before: float | None
    after: float | None
    size: float | None
    milliseconds: float


NEW_LINES = {
    "[31.249s][info][gc] GC(0) Pause Young (Normal) (G1 Evacuation Pause) 24M->11M(256M) 7.965ms": Pause(
        "Young (Normal)", "G1 Evacuation Pause", 24.0, 11.0, 256.0, 7.965
    ),
    "[2020-09-03T16:01:00.000+0000][gc          ] GC(5) Pause Full (System.gc()) 20M->12M(30M) 9.100ms\r\n": Pause(
        "Full", "System.gc()", 20.0, 12.0, 30.0, 9.1
    ),
    "[2020-09-03T16:01:01.000+0000][gc] GC(6) Pause Remark 14M->14M(60M) 0.500ms\n": Pause(
        "Remark", None, 14.0, 14.0, 60.0, 0.5
    ),
    "2020-09-03T16:01:02.000+0000: 9.001: [GC (Allocation Failure) 9.002: [SoftReference, 0 refs, 0.0000470 secs]\n"
    "[PSYoungGen: 262144K->29262K(305664K)] 262144K->29696K(1048576K), 0.0250000 secs] [Times: real=0.03]\n": Pause(
        "Young", "Allocation Failure", 256.0, 29.0, 1024.0, 25.0
    ),
}
NO_PAUSES = (
    "[0.157s][info][gc,start     ] GC(0) Pause Young (Allocation Failure)\n",
    "[31.249s][info][gc] GC(1) Concurrent Mark 12M->12M(30M) 5.000ms\n",
    "order 17 waits: GC(9) Pause Full (Allocation Failure) 9M->9M(11M) 3.941ms\n",
    "[audit] GC(9) Pause Full (Allocation Failure) 9M->9M(11M) 3.941ms, said order 17\n",
    "9.100: [GC concurrent-mark-end, 0.0010000 secs]\n",
    "order 17 waits: [GC (Allocation Failure) 9K->9K(11K), 0.0010000 secs]\n",
    "[Full GC (Allocation Failure) is what order 17 waits for\n",
)


def payloads(recorded: Path) -> list[dict[str, Any]]:
    text = (recorded / "source_records/cloudwatch_gc.ndjson").read_text()
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture(scope="session")
def lines(recorded_lake: RecordedLake, tmp_path_factory: pytest.TempPathFactory) -> Trial:
    """The recorded payloads; an hour later one by hand, with other lines and a recorded one again."""
    recorded_lake.land(LINES, "source_records/cloudwatch_gc.ndjson", "2020-09-03T15:20:00Z", "--compress-records")
    sent = payloads(recorded_lake.recorded)[1]
    events = [
        {"id": f"new-{place}", "timestamp": 1599148800000 + place, "message": message}
        for place, message in enumerate((*NEW_LINES, *NO_PAUSES))
    ]
    path = tmp_path_factory.mktemp("lines") / "lines.ndjson"
    path.write_text(json.dumps({**sent, "logEvents": [*events, sent["logEvents"][0], {"id": "x", "timestamp": "y"}]}))
    recorded_lake.land(LINES, str(path), "2020-09-03T16:20:00Z", "--compress-records")
    return recorded_lake.made(LINES)


def test_a_log_event_is_a_row_with_what_its_payload_says(lines: Trial, recorded: Path) -> None:
    (_, data) = payloads(recorded)
    assert lines.rows(HOUR).to_pylist() == [
        {
            "event_id": event["id"],
            "logged_at": EPOCH + timedelta(milliseconds=event["timestamp"]),
            "message": event["message"],
            "owner": "000000000000",
            "log_group": "/aws/lambda/orders",
            "log_stream": "2020/09/03/[$LATEST]0a1b2c",
            "message_type": "DATA_MESSAGE",
            "subscription_filters": ["gc"],
            "rescued": None,
        }
        for event in data["logEvents"]
    ]
    assert lines.rows(NEXT)["message"].to_pylist() == [*NEW_LINES, *NO_PAUSES]


def test_a_control_message_is_skipped_and_counted_and_a_line_that_comes_again_is_a_duplicate(lines: Trial) -> None:
    first, second = accounts(lines)
    counts = ("records", "rows", "duplicates", "quarantined", "skipped")
    assert [first.get(name) for name in counts] == [4, 3, 0, 0, 1]
    assert [second.get(name, 0) for name in counts] == [
        len(NEW_LINES) + len(NO_PAUSES) + 2,
        len(NEW_LINES) + len(NO_PAUSES),
        1,
        1,
        0,
    ]
    assert [(reason, payload) for reason, _, payload in lines.rejected()] == [
        ("wrong_type", b'{"id": "x", "timestamp": "y"}')
    ]
    assert_all_accounted_for(lines)


def test_lines_of_pauses_are_taken_apart_and_no_others(lines: Trial, recorded: Path, both_engines: BothEngines) -> None:
    found = both_engines.sql(
        f"SELECT * FROM operations.gc_pauses WHERE dt BETWEEN '{HOUR}' AND '{NEXT}' ORDER BY logged_at"
    )
    data = payloads(recorded)[1]
    times = [event["timestamp"] for event in data["logEvents"][:2]] + [
        1599148800000 + place for place in range(len(NEW_LINES))
    ]
    pauses = [
        Pause("Young", "Allocation Failure", 9.0, 9.0, 21.0, 23.559),
        Pause("Full", "Allocation Failure", 9.0, 9.0, 11.0, 3.941),
        *NEW_LINES.values(),
    ]
    assert found == [
        {
            "logged_at": (EPOCH + timedelta(milliseconds=time)).replace(tzinfo=None),
            "pause_type": pause.kind,
            "cause": pause.cause,
            "heap_before_mb": pause.before,
            "heap_after_mb": pause.after,
            "heap_size_mb": pause.size,
            "duration_ms": pause.milliseconds,
            "owner": data["owner"],
            "log_group": data["logGroup"],
            "log_stream": data["logStream"],
            "dt": HOUR if place < 2 else NEXT,
        }
        for place, (time, pause) in enumerate(zip(times, pauses, strict=True))
    ]
    assert lines.counts()["rows"] == 3 + len(NEW_LINES) + len(NO_PAUSES)


def test_a_leak_is_the_least_heap_after_full_collections_rising(lines: Trial, both_engines: BothEngines) -> None:
    found = both_engines.query("operations/gc_heap_after_full", first_hour=HOUR, last_hour=NEXT)
    assert [(row["dt"], row["collections"], row["least_heap_mb"], row["rise_mb"]) for row in found] == [
        (HOUR, 1, 9.0, None),
        (NEXT, 1, 12.0, 3.0),
    ]
    assert lines.table.event_time == "logged_at"


UNIFIED = {
    0: "unified_cms_gc.log",
    1: "unified_g1gc_minimal.log",
    2: "unified_parallel_parallelgc.log",
    3: "unified_serial_gc.log",
}
OLD = {4: "kafka0-kafkaServer-gc.log", 5: "gc_fine.log", 6: "streaming_gc.log.gz"}
"""By the hour in which a file is landed."""
IN_FILES = {"first_hour": "2026-11-21-00", "last_hour": "2026-11-21-06"}


BY_HAND = """\
[2026-11-21T08:00:00.125+0100][0.021s][info][gc] Using G1
[31.249s][info][gc          ] GC(0) Pause Young (Normal) (G1 Evacuation Pause) 24M->11M(256M) 7.965ms
[31.264s][debug  ][gc,start] GC(1) Pause Full (System.gc())
[gc] GC(1) Pause Full (System.gc()) 32M->14M(256M) 24.326ms
[31.264s][info][gc] GC(2) Pause Remark 32M->32M(256M) 0.326ms
order 17: [gc] GC(3) Pause Remark 32M->32M(256M) 0.326ms
"""
OLD_BY_HAND = """\
1.900: [GC (CMS Initial Mark) [1 CMS-initial-mark: 10K(20K)] 30K(40K), 0.0010000 secs] [Times: real=0.00 secs]
2.000: [GC (Allocation Failure) 2.001: [ParNew: 30K->2K(39K), 0.0020000 secs] 300K->270K(1024K), 0.0030000 secs]
2.100: [Full GC (System.gc()) 2.1: [CMS: 1K->2K(3K), 0.5 secs] 290K->250K(1M), [Metaspace: 1K->1K(9K)], 0.5100000 secs]
2.150: [GC concurrent-mark-start]
2.200: [GC (CMS Final Remark) 2.201: [Rescan (parallel) , 0.0100000 secs] 9K(20K), 0.0200000 secs]
2.300: [GC pause (G1 Humongous Allocation) (young) (initial-mark), 0.5000000 secs]
   [Eden: 1.0G(1.0G)->0.0B(1.0G) Survivors: 0.0B->0.0B Heap: 1.5G(4.0G)->512.0M(4.0G)]
"""
OTHER_COLLECTORS = [
    Pause("Young (Normal)", "G1 Evacuation Pause", 24.0, 11.0, 256.0, 7.965),
    Pause("Full", "System.gc()", 32.0, 14.0, 256.0, 24.326),
    Pause("Remark", None, 32.0, 32.0, 256.0, 0.326),
    Pause("Initial Mark", "CMS Initial Mark", None, None, None, 1.0),
    Pause("Young", "Allocation Failure", 300 / 1024, 270 / 1024, 1.0, 3.0),
    Pause("Full", "System.gc()", 290 / 1024, 250 / 1024, 1.0, 510.0),
    Pause("Remark", "CMS Final Remark", None, None, None, 20.0),
    Pause("Young", "G1 Humongous Allocation", 1536.0, 512.0, 4096.0, 500.0),
]


def text_of(path: Path) -> str:
    data = path.read_bytes()
    return (gzip.decompress(data) if path.suffix == ".gz" else data).decode()


def unified_row(line: str) -> dict[str, Any]:
    """A line's row, cut at its marks one by one."""
    uptime, level, tags, text = line[1:].split("]", 3)
    row: dict[str, Any] = {"uptime_seconds": Decimal(uptime[:-1]), "level": level[1:].strip(), "tags": tags[1:].strip()}
    text = text.removeprefix(" ")
    number, _, rest = text.removeprefix("GC(").partition(") ")
    if text.startswith("GC(") and number.isdigit():  # one of the recorded lines has GC(4xxxf0)
        row["collection"], text = int(number), rest
    if not text.startswith("Pause ") or "M->" not in text:
        return row | {"message": text}
    what, heap, time = text.removeprefix("Pause ").rsplit(" ", 2)
    kind, _, cause = what.partition(" (")
    before, after = heap.split("->")
    after, _, size = after.partition("(")
    sizes = zip(("before", "after", "size"), (before, after, size), strict=True)
    return row | {
        "pause_type": kind,
        "cause": cause.removesuffix(")") or None,
        "duration_ms": Decimal(time.removesuffix("ms")),
        **{f"heap_{name}_mb": int(value.removesuffix(")").removesuffix("M")) for name, value in sizes},
    }


def old_events(text: str) -> Iterator[dict[str, Any]]:
    """The events of a file of Java 8, line by line."""
    dated = re.compile(r"(?:(\d{4}-\d\d-\d\dT\S+): )?(\d+\.\d\d\d): ")
    event: dict[str, Any] = {}
    for line in text.splitlines():
        begins = dated.match(line)
        if begins is None and not line.startswith(("Java HotSpot", "OpenJDK")):
            event["event"] += "\n" + line
            continue
        if event:
            yield event
        date, uptime = begins.groups() if begins else (None, None)
        event = {
            "logged_at": date and datetime.fromisoformat(date),
            "uptime_seconds": uptime and Decimal(uptime),
            "event": line[begins.end() if begins else 0 :],
        }
    yield event


@pytest.fixture(scope="session")
def files(recorded_lake: RecordedLake, tmp_path_factory: pytest.TempPathFactory) -> Trial:
    """The recorded files, and one by hand in the hour behind them."""
    by_hand = tmp_path_factory.mktemp("files") / "gc.log"
    by_hand.write_text(BY_HAND)
    for hour, path in ({hour: f"gc_logs/{name}" for hour, name in UNIFIED.items()} | {7: str(by_hand)}).items():
        recorded_lake.land(FILES, path, f"2026-11-21T0{hour}:10:00Z")
    return recorded_lake.made(FILES)


@pytest.fixture(scope="session")
def old_files(recorded_lake: RecordedLake, tmp_path_factory: pytest.TempPathFactory) -> Trial:
    """The recorded files of Java 8, and one by hand in the hour behind them."""
    by_hand = tmp_path_factory.mktemp("old_files") / "gc.log"
    by_hand.write_text(OLD_BY_HAND)
    for hour, path in ({hour: f"gc_logs/{name}" for hour, name in OLD.items()} | {8: str(by_hand)}).items():
        recorded_lake.land(JAVA8, path, f"2026-11-21T0{hour}:10:00Z")
    return recorded_lake.made(JAVA8)


def table_of(trial: Trial, rows: list[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=arrow_schema(trial.table))


@pytest.mark.parametrize("hour", UNIFIED)
def test_every_line_of_a_unified_log_is_a_row(hour: int, files: Trial, recorded: Path) -> None:
    rows = [unified_row(line) for line in text_of(recorded / "gc_logs" / UNIFIED[hour]).splitlines()]
    assert files.rows(hour).combine_chunks().equals(table_of(files, rows))
    assert sum("pause_type" in row for row in rows) == {0: 3167, 1: 3435, 2: 4666, 3: 4372}[hour]


@pytest.mark.parametrize("hour", OLD)
def test_every_event_of_a_log_of_java_8_is_a_row_with_all_of_its_lines(
    hour: int, old_files: Trial, recorded: Path
) -> None:
    rows = list(old_events(text_of(recorded / "gc_logs" / OLD[hour])))
    assert old_files.rows(hour).combine_chunks().equals(table_of(old_files, rows))


def test_a_line_may_be_dated_and_says_what_it_says(files: Trial) -> None:
    rows = [{name: value for name, value in row.items() if value is not None} for row in files.rows(7).to_pylist()]
    pause = {"tags": "gc", "heap_size_mb": 256, "level": "info"}
    full = {"pause_type": "Full", "cause": "System.gc()", "heap_before_mb": 32, "heap_after_mb": 14}
    young = {"pause_type": "Young (Normal)", "cause": "G1 Evacuation Pause", "heap_before_mb": 24, "heap_after_mb": 11}
    remark = {"pause_type": "Remark", "heap_before_mb": 32, "heap_after_mb": 32}
    early, late = {"uptime_seconds": Decimal("31.249")}, {"uptime_seconds": Decimal("31.264")}
    assert rows == [
        {
            "logged_at": datetime(2026, 11, 21, 7, 0, 0, 125_000, UTC),
            "uptime_seconds": Decimal("0.021"),
            "level": "info",
            "tags": "gc",
            "message": "Using G1",
        },
        {**pause, **young, **early, "collection": 0, "duration_ms": Decimal("7.965")},
        {**late, "level": "debug", "tags": "gc,start", "collection": 1, "message": "Pause Full (System.gc())"},
        {"tags": "gc", "heap_size_mb": 256, **full, "collection": 1, "duration_ms": Decimal("24.326")},
        {**pause, **remark, **late, "collection": 2, "duration_ms": Decimal("0.326")},
    ]
    assert [(reason, payload) for reason, _, payload in files.rejected()] == [
        ("malformed_line", BY_HAND.splitlines()[-1].encode())
    ]


def test_files_of_logs_lose_nothing_and_pass_the_gate(files: Trial, old_files: Trial) -> None:
    for trial, hours, rejected in ((files, UNIFIED, 1), (old_files, OLD, 0)):
        assert_all_accounted_for(trial)
        counts = trial.counts()
        assert (counts["records"], counts["quarantined"]) == (counts["rows"] + rejected, rejected)
        assert [trial.partition(hour).get("verdict") for hour in hours] == ["passed"] * len(hours)  # type: ignore[union-attr]


def old_pause(event: str) -> Pause | None:
    """A pause from an event of Java 8, where it is one; of collectors but G1, what comes last is of the whole heap."""
    kinds = {
        "Full GC ": "Full",
        "GC cleanup ": "Cleanup",
        "GC remark ": "Remark",
        "GC pause ": "Young",
        "GC (": "Young",
    }
    begins = [name for name in kinds if event.startswith(f"[{name}")]
    if not begins:
        return None
    kind = "Mixed" if "(mixed)" in event else kinds[begins[0]]
    cause = (
        event.partition(" (")[2].partition(")")[0] if event.startswith(("[GC pause (", "[GC (", "[Full GC (")) else None
    )
    # The time stands before the line [Times: ...], of G1's pauses at the end of their first.
    text = event.splitlines()[0] if begins[0] == "GC pause " else event
    (seconds,) = re.findall(r", ([\d.]+) secs\]\s*(?:\[Times.*|$)", text)
    if kind == "Remark":
        return Pause(kind, cause, None, None, None, float(seconds) * 1000)
    if begins[0] == "GC pause ":
        ((before, after, size),) = re.findall(r"Heap: (\S+?)\(\S+\)->(\S+?)\((\S+)\)\]", event)
    else:
        before, after, size = re.findall(r" (\d+[KM])->(\d+[KM])\((\d+[KM])\),", event)[-1]
    in_mebi = [float(value[:-1]) * MEBI[value[-1]] for value in (before, after, size)]
    return Pause(kind, cause, *in_mebi, float(seconds) * 1000)  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def pauses(recorded: Path) -> dict[int, list[Pause]]:
    """The pauses of all files, by hour."""
    found: dict[int, list[Pause]] = {}
    for hour, name in UNIFIED.items():
        rows = map(unified_row, text_of(recorded / "gc_logs" / name).splitlines())
        found[hour] = [
            Pause(
                row["pause_type"],
                row["cause"],
                *(float(row[f"heap_{part}_mb"]) for part in ("before", "after", "size")),
                float(row["duration_ms"]),
            )
            for row in rows
            if "pause_type" in row
        ]
    for hour, name in OLD.items():
        events = old_events(text_of(recorded / "gc_logs" / name))
        found[hour] = [pause for event in events if (pause := old_pause(event["event"])) is not None]
    return found


@pytest.mark.usefixtures("files", "old_files")
def test_every_pause_in_files_is_in_the_view(pauses: dict[int, list[Pause]], both_engines: BothEngines) -> None:
    columns = "pause_type, cause, heap_before_mb, heap_after_mb, heap_size_mb, duration_ms"
    order = "dt, duration_ms, heap_before_mb, heap_after_mb, heap_size_mb, pause_type, cause"
    found = both_engines.sql(
        f"SELECT dt, {columns} FROM operations.gc_pauses "
        f"WHERE dt BETWEEN '2026-11-21-00' AND '2026-11-21-06' ORDER BY {order}"
    )
    by_hour: dict[str, list[Pause]] = defaultdict(list)
    for dt, *values in (row.values() for row in found):
        by_hour[dt].append(Pause(*values))
    in_order = {hour: sorted(map(repr, found)) for hour, found in pauses.items()}
    assert {int(dt[-2:]): sorted(map(repr, found)) for dt, found in by_hour.items()} == in_order
    assert {hour: len(found) for hour, found in pauses.items()} == {
        0: 3167, 1: 3435, 2: 4666, 3: 4372, 4: 771, 5: 131, 6: 1668
    }  # fmt: skip


@pytest.mark.usefixtures("files", "old_files")
def test_pauses_of_other_collectors_are_in_the_view(both_engines: BothEngines) -> None:
    columns = "pause_type, cause, heap_before_mb, heap_after_mb, heap_size_mb, duration_ms"
    found = both_engines.sql(
        f"SELECT {columns} FROM operations.gc_pauses "
        "WHERE dt IN ('2026-11-21-07', '2026-11-21-08') ORDER BY dt, duration_ms"
    )
    expected = sorted(OTHER_COLLECTORS[:3], key=lambda pause: pause.milliseconds)
    expected += sorted(OTHER_COLLECTORS[3:], key=lambda pause: pause.milliseconds)
    assert [Pause(*row.values()) for row in found] == expected


@pytest.mark.usefixtures("files", "old_files")
def test_pauses_by_cause(pauses: dict[int, list[Pause]], both_engines: BothEngines) -> None:
    groups: dict[tuple[str, str | None], list[Pause]] = defaultdict(list)
    for pause in (pause for found in pauses.values() for pause in found):
        groups[pause.kind, pause.cause].append(pause)
    found = both_engines.query("operations/gc_pauses_by_cause", **IN_FILES)
    assert [row["total_ms"] for row in found] == sorted((row["total_ms"] for row in found), reverse=True)
    assert {(row["pause_type"], row["cause"]): list(row.values())[3:7] for row in found} == {
        key: [
            len(group),
            pytest.approx(sum(pause.milliseconds for pause in group), abs=0.0006),
            pytest.approx(sum(pause.milliseconds for pause in group) / len(group), abs=0.0006),
            max(pause.milliseconds for pause in group),
        ]
        for key, group in groups.items()
    }


@pytest.mark.usefixtures("files", "old_files")
def test_time_that_programs_stood_still_by_hour(pauses: dict[int, list[Pause]], both_engines: BothEngines) -> None:
    found = both_engines.query("operations/gc_paused_by_hour", **IN_FILES)
    assert [
        (row["dt"], row["pauses"], row["longest_ms"], row["most_heap_mb"], row["heap_size_mb"]) for row in found
    ] == [
        (
            f"2026-11-21-0{hour}",
            len(group),
            max(pause.milliseconds for pause in group),
            max(pause.before for pause in group if pause.before is not None),
            max(pause.size for pause in group if pause.size is not None),
        )
        for hour, group in pauses.items()
    ]


@pytest.mark.usefixtures("files", "old_files")
def test_least_heap_after_full_collections_in_files(pauses: dict[int, list[Pause]], both_engines: BothEngines) -> None:
    least = {
        f"2026-11-21-0{hour}": min(full)
        for hour, group in pauses.items()
        if (full := [pause.after for pause in group if pause.kind == "Full" and pause.after is not None])
    }
    found = both_engines.query("operations/gc_heap_after_full", **IN_FILES)
    assert {row["dt"]: row["least_heap_mb"] for row in found} == least
    assert list(least) == [f"2026-11-21-0{hour}" for hour in (0, 1, 2, 3, 6)]
