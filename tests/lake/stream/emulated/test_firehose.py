"""Sessions through Firehose: what it delivers lands in raw/, and raw_to_parquet makes clickstream.sessions_v1 of it."""

from __future__ import annotations

from datetime import UTC, timedelta
from operator import itemgetter
from pathlib import Path

from lake.session_rules import SessionRules
from lake_local.emulators.clients import client
from lake_local.flink.run import run_package
from tests.glue_jobs.harness import Trial
from tests.glue_jobs.plain_sessions import EPOCH, Event, plain_sessions
from tests.lake.stream.emulated.clicks import MALFORMED, Click, clicks, records

HOUR = "2026-11-21-10"
OUTPUTS = ("sessions", "sessions-late", "sessions-quarantine")


def test_sessions_that_firehose_delivered_are_the_table_row_for_row(
    packages: dict[str, Path], aws_endpoint: str, fresh: str, tmp_path: Path
) -> None:
    firehose, s3 = client("firehose", aws_endpoint), client("s3", aws_endpoint)
    s3.create_bucket(Bucket=fresh)
    for output in OUTPUTS:
        firehose.create_delivery_stream(
            DeliveryStreamName=output,
            ExtendedS3DestinationConfiguration={
                "RoleARN": "arn:aws:iam::123456789012:role/delivery",
                "BucketARN": f"arn:aws:s3:::{fresh}",
                "Prefix": f"{output}/",
            },
        )
    events = clicks(600)
    source = tmp_path / "clicks"
    source.mkdir()
    lines = [*(data for _, data in records(events)), *MALFORMED]
    for number in range(2):  # of several files, nothing is late
        (source / f"{number}.ndjson").write_bytes(b"\n".join(lines[number::2]) + b"\n")
    given = {"source": str(source), "sink": "firehose://sessions", "firehose_endpoint": aws_endpoint}
    run_package("sessions", packages["sessions"], given | {"gap": "20m"})

    listed = s3.list_objects_v2(Bucket=fresh).get("Contents", [])
    objects = {one["Key"]: s3.get_object(Bucket=fresh, Key=one["Key"])["Body"].read() for one in listed}
    assert {key.split("/")[0] for key in objects} == {"sessions", "sessions-quarantine"}
    trial = Trial(str(tmp_path / "lake"), "clickstream.sessions_v1")
    for key, data in objects.items():
        if key.startswith("sessions/"):
            trial.land(HOUR, key.rsplit("/", 1)[-1], data)
    trial.run()
    rows = trial.rows()
    assert rows["rescued"].null_count == len(rows)
    found = [tuple(row.values()) for row in rows.drop_columns(["rescued"]).to_pylist()]
    expected = plain_sessions([plain(event) for event in events], SessionRules.of(gap="20m"))
    assert sorted(found, key=itemgetter(0)) == sorted(expected, key=itemgetter(0))
    assert trial.counts() == {"records": len(expected), "rows": len(expected), "duplicates": 0, "quarantined": 0}


def plain(event: Click) -> Event:
    """The click as the plain loop takes it."""
    assert event.at is not None
    at = (event.at.astimezone(UTC) - EPOCH) // timedelta(microseconds=1)
    return Event(f"e{event.number}", event.user, "web", event.name, at)
