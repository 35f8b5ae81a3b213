"""What an application writes fits what a stream takes as a record; what would not is quarantined, whole."""

from __future__ import annotations

import base64
import json
from pathlib import Path

from runs import Cluster, run

from lake.flink.sources import FileSource

FIREHOSE_RECORD = 1_024_000
"""Bytes; Amazon Data Firehose Developer Guide, "Quota". Kinesis takes a little more."""

MOST = 80_000
WIDE = "\x01"
"""One byte that is six in JSON."""


def event(event_id: str, device: str, name: str, second: int) -> bytes:
    time = f"2018-11-29T23:35:{second:02}Z"
    values = {"event_id": event_id, "user_id": 20, "device_id": device, "client_event": name, "client_timestamp": time}
    return json.dumps(values).encode()


def test_the_largest_session_fits_a_record_and_an_event_that_is_larger_by_a_byte_is_quarantined(
    cluster: Cluster, tmp_path: Path
) -> None:
    device, name = WIDE * (MOST // 2), WIDE * (MOST // 2 - 1)
    too_large = event("3", device, name + "x", 12)
    events = [event("1", device, name, 10), event("2", device, name, 11), too_large]
    (tmp_path / "events.ndjson").write_bytes(b"".join(line + b"\n" for line in events))
    outputs = run(cluster, "sessions", {}, FileSource(str(tmp_path / "events.ndjson")), tmp_path / "out")
    (session,) = outputs["sessions"]
    assert (session["events"], session["device_id"], session["end_navigation"]) == (2, device, name)
    (written,) = [file for file in (tmp_path / "out" / "sessions").rglob("*") if file.is_file()]
    assert 900_000 < written.stat().st_size <= FIREHOSE_RECORD
    (rejected,) = outputs["quarantine"]
    assert rejected["reason"] == "record_too_large"
    assert str(rejected["message"]).startswith("the texts of the record have 80001 bytes; expected at most 80000")
    assert base64.b64decode(str(rejected["payload"])) == too_large
