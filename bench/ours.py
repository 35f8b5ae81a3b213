"""Our job as one process: `python -m bench.ours TABLE ROOT [JOB]`; the last line says what it took, as rivals do.

JOB is raw_to_parquet unless another is named.
"""

from __future__ import annotations

import contextlib
import io
import json
import runpy
import sys
from pathlib import Path

JOBS = Path(__file__).resolve().parents[1] / "glue_jobs"


def main() -> None:
    """Run the job file as Glue would, and add up what its report and verdicts say."""
    table, root, *named = sys.argv[1:]
    job = JOBS / f"{named[0] if named else 'raw_to_parquet'}.py"
    sys.argv = [str(job), "--table", table, "--root", root, "--json", "true"]
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.suppress(SystemExit):
        runpy.run_path(str(job), run_name="__main__")
    report = json.loads(said.getvalue())
    names = ("records", "rows", "duplicates", "quarantined", "bytes")
    verdicts = Path(root).glob(f"audits/{table.replace('.', '/')}/dt=*/*.json")
    gate = sum(json.loads(path.read_text())["seconds"] for path in verdicts)
    counts = {name: sum(partition[name] for partition in report["partitions"]) for name in names}
    outcomes = sorted({partition["outcome"] for partition in report["partitions"]})
    print(
        json.dumps(
            {
                "session": report["spark_start_seconds"],
                "state": report["state"],
                "outcomes": outcomes,
                "partitions": len(report["partitions"]),
                "gate_seconds": round(gate, 2),
                **counts,
            }
        )
    )


if __name__ == "__main__":
    main()
