"""Great Expectations is imported without what only others' uses of it need, and has it as soon as one is asked for."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import subprocess, sys, threading, time
import pyarrow as pa
from lake.audit.gx import judge_table, preload
loading = threading.Thread(target=preload)
loading.start()
while loading.is_alive():  # as Spark's JVM is started meanwhile: a fork takes locks that imports take
    subprocess.run(["true"], preexec_fn=lambda: None, check=True)
    time.sleep(0.05)
heavy = ("scipy.stats._stats_py", "altair.vegalite", "pyspark.ml", "trino")
assert not [name for name in heavy if name in sys.modules]
partition = {"values": ["a", "b"], "weights": [0.5, 0.5]}
table = pa.table({"letter": ["a", "b", "b", "a"]})
kwargs = {"column": "letter", "partition_object": partition, "threshold": 0.1}
outcome = judge_table(table, "expect_column_kl_divergence_to_be_less_than", kwargs)
assert outcome.success and outcome.result["observed_value"] == 0.0, outcome
assert "scipy.stats._stats_py" in sys.modules
import altair, pyspark.ml
assert altair.Chart and pyspark.ml.Pipeline
"""


@pytest.mark.e2e
def test_it_is_imported_while_others_fork_and_what_is_deferred_is_there_when_an_expectation_asks_for_it() -> None:
    ended = subprocess.run([sys.executable, "-c", PROGRAM], check=False, capture_output=True, text=True, timeout=200)
    assert ended.returncode == 0, ended.stderr
