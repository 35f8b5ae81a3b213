"""What the demonstration reads of a batch job."""

from __future__ import annotations

import json

from lake_local.demo.batch import job_report


def test_a_jobs_report_is_found_before_log_lines_that_are_json_as_well() -> None:
    report = {"run_id": "r1", "partitions": [{"dt": "2026-11-21-09", "records": 3}]}
    after = {"level": "info", "message": "events_v1: 1 published", "partition": "2026-11-21-09"}
    assert job_report(["planned", json.dumps(report), json.dumps(after)]) == report
