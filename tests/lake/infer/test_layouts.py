"""The layout of the raw zone that objects' folders show."""

from __future__ import annotations

import pytest

from lake.contract.source_layout import SourceLayout
from lake.infer.layouts import Layout, layout_of

TRAIL = "s3://logs/AWSLogs/123456789012/CloudTrail/{region}/2026/11/21/{region}_20261121T0905Z.json.gz"


@pytest.mark.parametrize(
    ("uris", "layout"),
    [
        (["s3://b/raw/shop/orders/dt=2026-11-21-09/a"], Layout("dt=YYYY-MM-DD-HH", "raw/shop/orders")),
        (["s3://b/x/year=2026/month=1/day=2/hour=03/a"], Layout("year=YYYY/month=MM/day=DD/hour=HH")),
        (["s3://b/x/2026/11/21/09/a", "s3://b/x/2026/11/21/10/a"], Layout("YYYY/MM/DD/HH")),
        (["/data/raw/a/b/2026/11/21/f.json"], Layout("YYYY/MM/DD", "raw/a/b")),
        (["s3://b/x/dt=2026-11-21/hh=09/a"], Layout("dt=YYYY-MM-DD/hh=HH")),
        (["s3://b/x/day=2026-11-21/a"], Layout("day=YYYY-MM-DD")),
        ([TRAIL.format(region="eu-west-1")], Layout("AWSLogs/*/CloudTrail/*/YYYY/MM/DD")),
        ([TRAIL.format(region=at) for at in ("eu-west-1", "us-east-1")], Layout("AWSLogs/*/CloudTrail/*/YYYY/MM/DD")),
        (["s3://b/raw/a/b/web/2026/11/21/f", "s3://b/raw/a/b/app/2026/11/21/f"], Layout("*/YYYY/MM/DD", "raw/a/b")),
        (["/data/orders.ndjson"], None),
        (["s3://b/x/2026/11/21/09/a", "s3://b/x/dt=2026-11-21-09/a"], None),
        (["s3://b/x/2026/11/21/09/a", "s3://b/x/a"], None),
    ],
)
def test_folders_show_a_layout(uris: list[str], layout: Layout | None) -> None:
    assert layout_of(uris) == layout
    if layout is not None:
        assert SourceLayout(layout.template).template == layout.template
