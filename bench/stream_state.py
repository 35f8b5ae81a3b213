"""What an open session, and a remembered event_id, cost in a checkpoint: `python -m bench.stream_state --keys N …`.

Runs in the streams environment. Clicks are read from files that may grow, so nothing is closed; when a checkpoint has
the size of the one before, all clicks are in it. RocksDB, full checkpoints: what lies there is the whole state.
Output: one JSON line, bytes for each.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from bench.stream_forms import WITHOUT, Nowhere, SortedFiles, assembled, settings
from bench.stream_input import write_open_sessions
from lake.flink.properties import Properties
from lake.flink.sinks import Sinks

EVENTS_EACH = 3  # of a session: it has a first and a last event, and more adds nothing
_LEAST_BYTES = 16  # of each key: a checkpoint with less has not all of them
_SECONDS = 300.0


def state_bytes(app: Any, properties: Properties, folder: Path, jar: Path, keys: int) -> float:
    """Bytes of a checkpoint for each of so many keys. Raises RuntimeError where it does not come to rest."""
    with tempfile.TemporaryDirectory(prefix="bench-state-") as temporary:
        checkpoints = Path(temporary)
        chosen = settings("rocksdb", checkpoints)
        chosen |= {"execution.checkpointing.incremental": "false", "execution.checkpointing.interval": "3 s"}
        env = assembled(jar, chosen)
        files = SortedFiles(str(folder), is_watched=True)
        running = app.build(env, properties, files, Sinks(Nowhere(), Nowhere(), Nowhere())).execute()
        try:
            return _at_rest(checkpoints, keys * _LEAST_BYTES) / keys
        finally:
            running.client.cancel().result()


def _at_rest(checkpoints: Path, least: int) -> int:
    before: tuple[str, int] = ("", 0)
    deadline = time.monotonic() + _SECONDS
    while time.monotonic() < deadline:
        for metadata in checkpoints.glob("*/chk-*/_metadata"):
            try:
                size = sum(path.stat().st_size for path in metadata.parent.iterdir())
            except FileNotFoundError:  # a newer one has taken its place
                continue
            if metadata.parent.name != before[0] and size == before[1] >= least:
                return size
            before = (metadata.parent.name, size)
        time.sleep(0.2)
    raise RuntimeError(
        f"measuring state: after {_SECONDS:.0f} s the last checkpoint is {before}, at least {least} bytes"
    )


def main() -> int:
    """Measure the state of both applications, and print it as JSON."""
    from flink_apps.event_counts import app as event_counts
    from flink_apps.sessions import app as sessions

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keys", type=int, required=True, help="how many open sessions; as many event_ids")
    parser.add_argument("--jar", type=Path, required=True)
    asked = parser.parse_args()
    os.environ["IS_LOCAL"] = "1"
    open_long = replace(WITHOUT, gap=timedelta(days=1))
    remembered = replace(WITHOUT, dedup_window=timedelta(days=1))
    with tempfile.TemporaryDirectory(prefix="bench-stream-") as temporary:
        several, single = Path(temporary) / "several", Path(temporary) / "single"
        write_open_sessions(several, asked.keys, EVENTS_EACH)
        write_open_sessions(single, asked.keys, 1)
        said = {
            "open session": state_bytes(sessions, open_long, several, asked.jar, asked.keys),
            "event_id": state_bytes(event_counts, remembered, single, asked.jar, asked.keys),
        }
    print(json.dumps(said))
    return 0


if __name__ == "__main__":
    sys.exit(main())
