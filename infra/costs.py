"""What a lake costs a month, by part, from list prices: python -m infra.costs writes the table of docs/deploy.md.

An estimate to compare parts by, not a quotation: what it assumes stands in ASSUMED, and what a price is of in PRICES.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass

PRICED_AT = "us-east-1, list prices of June 2025, in US dollars, without free tiers and discounts by volume"

PRICES: Mapping[str, float] = {
    "kinesis_in_gb": 0.08,  # on demand
    "kinesis_out_gb": 0.04,
    "kinesis_stream_hour": 0.04,
    "firehose_gb": 0.029,  # each record counts as a multiple of 5 kB
    "standard_gb_month": 0.023,
    "infrequent_gb_month": 0.0125,
    "glacier_ir_gb_month": 0.004,
    "put_thousand": 0.005,
    "glue_dpu_hour": 0.44,
    "flink_kpu_hour": 0.11,
    "flink_storage_gb_month": 0.10,
    "dynamodb_write_million": 0.625,
    "athena_tb": 5.0,
    "api_million": 1.0,
    "metric_month": 0.30,
    "alarm_month": 0.10,
    "log_gb": 0.50,
}

ASSUMED: Mapping[str, float] = {
    "record_bytes": 1000,
    "readers_of_stream": 3,  # Firehose and two applications
    "raw_share": 0.15,  # of the records' bytes, gzipped
    "table_share": 0.20,  # of the records' bytes as Parquet, by table: events, and events by user
    "copies": 2,
    "retention_days": 400,
    "glue_jobs": 5,  # events, by user, sessions, sessions by day, counts by day
    "glue_dpus": 2,
    "glue_start_minutes": 1.5,  # of each run that finds something to do, with the installation of packages
    "glue_gb_minute": 0.5,  # records that two workers process
    "kpus_per_gb_hour": 0.25,  # of an application, beside the one that it begins with
    "scans_per_day": 20,  # queries over one day of one table
    "page_events": 0.1,  # share of records that come by the HTTP API
    "log_share": 0.001,
}

HOURS, DAYS = 730, 30.4
VOLUMES = (1, 10, 100)
"""GB of records a day."""


@dataclass(frozen=True)
class Part:
    """A row of the table: what costs, and how much a month for so many GB a day."""

    name: str
    means: str
    month: Callable[[float], float]


def _records_million(gb: float) -> float:
    return gb * DAYS * 1000 / ASSUMED["record_bytes"]


def _kinesis(gb: float) -> float:
    moved = PRICES["kinesis_in_gb"] + ASSUMED["readers_of_stream"] * PRICES["kinesis_out_gb"]
    return gb * DAYS * moved + HOURS * PRICES["kinesis_stream_hour"]


def _firehose(gb: float) -> float:
    billed = max(1.0, 5000 / ASSUMED["record_bytes"])
    return gb * DAYS * billed * PRICES["firehose_gb"]


def _storage(gb: float) -> float:
    """Once the oldest objects are at their retention: 60 days standard, 30 infrequent access, the rest Glacier."""
    kept = gb * (ASSUMED["raw_share"] + ASSUMED["copies"] * ASSUMED["table_share"])
    classes = (
        (60, "standard_gb_month"),
        (30, "infrequent_gb_month"),
        (ASSUMED["retention_days"] - 90, "glacier_ir_gb_month"),
    )
    puts = HOURS * (12 + 6 * ASSUMED["glue_jobs"]) / 1000 * PRICES["put_thousand"]
    return sum(days * kept * PRICES[kind] for days, kind in classes) + puts


def _glue(gb: float) -> float:
    minutes = ASSUMED["glue_start_minutes"] + gb / 24 / ASSUMED["glue_gb_minute"]
    return ASSUMED["glue_jobs"] * HOURS * minutes / 60 * ASSUMED["glue_dpus"] * PRICES["glue_dpu_hour"]


def _flink(gb: float) -> float:
    """Two applications: each a KPU for the service, one to begin with, and more by volume; 50 GB of disk a KPU."""
    kpus = 1 + max(1.0, gb / 24 * ASSUMED["kpus_per_gb_hour"] * 4)
    return 2 * (kpus * HOURS * PRICES["flink_kpu_hour"] + 50 * (kpus - 1) * PRICES["flink_storage_gb_month"])


def _counts(gb: float) -> float:
    """Counts of a name are written when a watermark passes, some 60 an hour and name; 50 names."""
    writes = 50 * 60 * HOURS * min(1.0, 0.2 + gb / 10) * 2  # with the marks of the function
    return writes / 1e6 * PRICES["dynamodb_write_million"]


def _queries(gb: float) -> float:
    return ASSUMED["scans_per_day"] * DAYS * gb * ASSUMED["table_share"] / 1000 * PRICES["athena_tb"]


def _api(gb: float) -> float:
    return _records_million(gb) * ASSUMED["page_events"] * PRICES["api_million"]


def _watch(gb: float) -> float:
    """Alarms of five tables and what feeds them, their metrics, and logs."""
    alarms, metrics = 45, 5 * 8 + 50
    logs = gb * DAYS * ASSUMED["log_share"] + 1
    return alarms * PRICES["alarm_month"] + metrics * PRICES["metric_month"] + logs * PRICES["log_gb"]


PARTS = (
    Part("Kinesis", "one stream on demand, three readers", _kinesis),
    Part("Firehose", "records of 1 kB, each billed as 5 kB", _firehose),
    Part("S3", "raw objects and two copies as Parquet, 400 days", _storage),
    Part("Glue", "five jobs of 2 DPU, each hour", _glue),
    Part("Managed Flink", "two applications", _flink),
    Part("DynamoDB", "counts of 50 names, and their marks", _counts),
    Part("Athena", "20 queries a day, each over a day of one table", _queries),
    Part("HTTP API", "a tenth of the records", _api),
    Part("CloudWatch", "45 alarms, 90 metrics, logs", _watch),
)


def table() -> str:
    """The costs as a table in Markdown: dollars a month, at 1, 10 and 100 GB a day."""
    head = "| part | what | " + " | ".join(f"{volume} GB a day" for volume in VOLUMES) + " |"
    lines = [head, "|---|---|" + "---:|" * len(VOLUMES)]
    for part in PARTS:
        cells = " | ".join(_dollars(part.month(volume)) for volume in VOLUMES)
        lines.append(f"| {part.name} | {part.means} | {cells} |")
    sums = " | ".join(_dollars(sum(part.month(volume) for part in PARTS)) for volume in VOLUMES)
    return "\n".join([*lines, f"| all | | {sums} |"])


def _dollars(amount: float) -> str:
    return f"{amount:,.0f}" if amount >= 1 else f"{amount:.2f}"


if __name__ == "__main__":
    sys.stdout.write(table() + "\n")
