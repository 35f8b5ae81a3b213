"""Uids of a program: none comes from the plan, whatever was planned before in the same process; the page lists them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pyflink.java_gateway import get_gateway
from runs import APPS, MAIN, Cluster, ReplaySource, application

from lake.flink.properties import properties_of
from lake.flink.sinks import sinks_of

PAGE = APPS.parent / "docs" / "run-on-managed-flink.md"
COMMON = {"parse-events", "distinct-events"}
OWN = {
    "sessions": COMMON | {"sessions"},
    "event_counts": COMMON | {"retained-events", "partial-counts", "counts-by-hour"},
}


def uids_of(cluster: Cluster, app: str, folder: Path) -> set[str]:
    """The uids of all operators of a program that is not run, without those of the lines that are replayed."""
    (folder / "input.replay").touch()
    properties = properties_of({"sink": str(folder / "out")})
    env = cluster.environment(1, {})
    sinks = sinks_of(properties, MAIN[app], ("file",))
    application(app).build(env, properties, ReplaySource(folder / "input.replay"), sinks)
    nodes = env._j_tenv.execEnv().getStreamGraph(False).getStreamNodes().toArray()
    uids = {str(node.getTransformationUID()) for node in nodes}
    return {uid for uid in uids if not uid.startswith("repla")}


@pytest.mark.parametrize("app", MAIN)
def test_uids_are_fixed_or_named_after_a_table_and_its_connector(app: str, cluster: Cluster, tmp_path: Path) -> None:
    tables = {f"{table}_out" for table in (MAIN[app], "late", "quarantine")}
    found = [uids_of(cluster, app, tmp_path) for _ in range(2)]
    assert found[0] == found[1]
    planned = found[0] - OWN[app]
    assert OWN[app] <= found[0]
    assert {uid.split("-filesystem-")[0] for uid in planned if "-filesystem-" in uid} == tables
    assert {uid for uid in planned if "-filesystem-" not in uid} == {
        f"raw_events-view-{kind}" for kind in ("source", "external-datastream")
    }


def test_hashes_on_the_page_are_those_by_which_a_refused_start_names_operators() -> None:
    rows = re.findall(r"^\| `([a-z0-9-]+)` \| ([0-9a-f]+) \|", PAGE.read_text(), re.MULTILINE)
    assert {uid for uid, _ in rows} == OWN["sessions"] | OWN["event_counts"] | {"counts-by-15m", "counts-by-minute"}
    jvm = get_gateway().jvm
    murmur = jvm.org.apache.flink.shaded.guava31.com.google.common.hash.Hashing.murmur3_128(0)
    utf8 = jvm.java.nio.charset.StandardCharsets.UTF_8
    assert rows == [(uid, str(murmur.hashString(uid, utf8))) for uid, _ in rows]
