"""Records of the tables that none are generated for, as their systems send them, of two hours."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from lake.cli.app import run_command
from tests.glue_jobs.harness import Trial

CHANGES = "dynamodb.changes_v1"
_UNIFIED = """\
[0.021s][info][gc] Using G1
[{n}.249s][info][gc          ] GC(0) Pause Young (Normal) (G1 Evacuation Pause) 24M->11M(256M) 7.965ms
[{n}.264s][info][gc          ] GC(1) Pause Full (System.gc()) 32M->{n}M(256M) 24.326ms
[{n}.300s][info][gc          ] GC(2) Pause Remark 32M->32M(256M) 0.326ms
"""
_JAVA8 = """\
OpenJDK 64-Bit Server VM (25.111-b14) for linux-amd64 JRE (1.8.0_111)
2026-11-21T01:31:46.725+0100: 1.595: [GC pause (G1 Evacuation Pause) (mixed), 0.0096173 secs]
   [Eden: 51.0M(51.0M)->0.0B(44.0M) Survivors: 0.0B->7168.0K Heap: 51.0M(1.0G)->7888.0K(1.0G)]
 [Times: user=0.01 sys=0.00, real=0.01 secs]
1.900: [GC (CMS Initial Mark) [1 CMS-initial-mark: 10K(20K)] 30K(40K), 0.0010000 secs] [Times: real=0.00 secs]
2.000: [GC (Allocation Failure) 2.001: [ParNew: 30K->2K(39K), 0.0020000 secs] 300K->270K(1024K), 0.0030000 secs]
2.100: [Full GC (System.gc()) [CMS: 1K->2K(3K), 0.5 secs] 290K->{n}K(1024K), [Metaspace: 1K->1K(9K)], 0.5100000 secs]
2.200: [GC concurrent-mark-start]
"""


def make_sent_tables(root: str, folder: Path) -> None:
    """Land records of each table, and run its job."""
    folder.mkdir(parents=True)
    for hour in (0, 1):
        for table, text in _texts(hour).items():
            path = folder / f"{table}-{hour}"
            path.write_text(text)
            arrived = f"2026-11-21T{hour:02d}:10:00Z"
            if table == CHANGES:  # of which the view of items reads 400 days, whenever the test runs
                arrived = (datetime.now(UTC) - timedelta(hours=hour)).isoformat()
            assert run_command(["land", table, str(path), "--arrived", arrived, "--root", root]) == 0
    for table in _texts(0):
        Trial(root, table).run()


def _texts(hour: int) -> dict[str, str]:
    return {
        "devices.messages_v1": _lines(_messages(hour)),
        CHANGES: _lines(_changes(hour)),
        "operations.gc_lines_v1": _lines(_payloads(hour)),
        "operations.gc_log_v1": _UNIFIED.format(n=9 + hour),
        "operations.gc_log_java8_v1": _JAVA8.format(n=250 + hour),
    }


def _lines(records: Iterable[dict[str, Any]]) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)


def _messages(hour: int) -> Iterable[dict[str, Any]]:
    moved = {f"{kind}_{axis}": place for place, kind in enumerate(_MOTIONS) for axis in "XYZ"}
    yield {
        "processedDate": "2026/11/21 00:05:19",
        "currentDate": "2026/11/21 00:05:07",
        "hashDeviceId": "hashed",
        "deviceId": f"device-{hour}",
        "accelerometerSensorList": [moved, {}],
        "tempSensorList": [{"celsius": 2.5}, {"celsius": 15.75, "kelvin": 288.9}],
        "illuminancesSensorList": [{"illuminance": 95.5}],
        "gpsSensorList": [{"latitude": 3.5, "longitude": 1.5}, {"latitude": 1.75, "longitude": 1.25, "altitude": 7.25}],
        "testAdditonalDataList": [{"dimesnion_X": 6, "dimesnion_Y": 8, "dimension_Z": 2}],
    }


_MOTIONS = ("accelerometer", "gravitySensor", "linearAccelerationSensor")


def _changes(hour: int) -> Iterable[dict[str, Any]]:
    for number, change in enumerate(("INSERT", "MODIFY", "REMOVE")[: 3 - hour]):
        yield {
            **{"event_id": f"{hour}-{number}", "table_name": "orders", "change": change, "expired": False},
            **{"sequence_number": f"10000000000000000000{number}", "changed_at": f"2026-11-21T00:00:0{number}.5Z"},
            "item_key": {"order_id": hour},
            "new_image": None if change == "REMOVE" else {"order_id": hour, "total": 12.50},
            "old_image": None if change == "INSERT" else {"order_id": hour, "total": 12},
        }


def _payloads(hour: int) -> Iterable[dict[str, Any]]:
    events = [
        {"id": f"{hour}-{place}", "timestamp": 1795219200000 + place, "message": message}
        for place, message in enumerate(_UNIFIED.format(n=12 + hour).splitlines(keepends=True))
    ]
    stream = {"owner": "000000000000", "logGroup": "/aws/lambda/orders", "logStream": "2026/11/21/[$LATEST]0a1b2c"}
    yield {"messageType": "DATA_MESSAGE", **stream, "subscriptionFilters": ["gc"], "logEvents": events}
