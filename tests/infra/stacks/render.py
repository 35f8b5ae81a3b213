"""Writes the snapshots of the templates: .venv-infra/bin/python tests/infra/stacks/render.py"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parents[2])]

from synthesis import HERE_SNAPSHOTS, snapshot, synthesised, write_packages  # noqa: E402

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        packages = Path(folder) / "flink"
        packages.mkdir()
        assembly = synthesised(HERE / "settings.yaml", write_packages(packages), Path(folder) / "cdk.out")
    HERE_SNAPSHOTS.mkdir(exist_ok=True)
    for part, template in assembly.templates.items():
        (HERE_SNAPSHOTS / f"{part}.json").write_text(snapshot(template), encoding="utf-8")
