"""The files and flags that a Trino server is started with. AWS's are those of this process.

What decides how many bytes a query reads is left as Trino has it, and so as Athena's engine has it: bucket pruning and
its validation, Parquet's small-file threshold (a file under 3 MB is read whole), timestamps in milliseconds.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lake.errors import UsageError
from lake.objects.root import S3Root, root_of
from lake_local.trino.artifacts import VERSION

CATALOG = "awsdatacatalog"  # the name that Athena gives it
DEFAULT_MEMORY = "1G"
_RENEWED_BY_JAVA = ("iam-role", "container-role", "assume-role-with-web-identity")  # botocore's names


@dataclass(frozen=True)
class TrinoSettings:
    """What a Trino is started with: its catalog's properties, its environment, its heap."""

    catalog: dict[str, str]
    environment: Mapping[str, str]
    heap: str

    @property
    def digest(self) -> str:
        """Differs where a different Trino would be started: another region, key, endpoint, heap or release."""
        key = self.environment.get("AWS_ACCESS_KEY_ID", ""), self.environment.get("AWS_SESSION_TOKEN", "")
        text = json.dumps([sorted(self.catalog.items()), key, self.heap, VERSION])
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def memory() -> str:
    """The Java heap's limit: LAKE_TRINO_MEMORY, else 1G. Raises UsageError if it is not a size."""
    size = os.environ.get("LAKE_TRINO_MEMORY") or DEFAULT_MEMORY
    if not re.fullmatch(r"[1-9]\d*[MmGg]", size):
        raise UsageError(f"reading LAKE_TRINO_MEMORY={size!r}: expected the size of Java's heap, e.g. 1G or 1500M")
    return size


def server_properties(port: int) -> dict[str, str]:
    """config.properties: one node that does all, without a web page."""
    return {
        "coordinator": "true",
        "node-scheduler.include-coordinator": "true",
        "http-server.http.port": str(port),
        "discovery.uri": f"http://127.0.0.1:{port}",
        "web-ui.enabled": "false",
        # Nobody reads the history of queries: kept as by default, it fills the heap, and is gone through all the time.
        "query.max-history": "10",
        "query.min-expire-age": "1m",
        "task.info.max-age": "1m",
    }


def _hive(region: str) -> dict[str, str]:
    return {
        "connector.name": "hive",
        "hive.metastore": "glue",
        "hive.metastore.glue.region": region,
        "hive.security": "read-only",
        # Neither catalog keeps statistics of columns; asking for them fails on moto.
        "hive.table-statistics-enabled": "false",
    }


def settings_for(root: str) -> TrinoSettings:
    """The settings for a root. Raises UsageError."""
    return s3_settings() if isinstance(root_of(root), S3Root) else local_settings()


def local_settings() -> TrinoSettings:
    """For local roots: files by their absolute path; the metastore's address comes from metastore_properties.

    Nothing of this user's AWS settings reaches that Trino.
    """
    catalog = {
        **_hive("us-east-1"),
        "hive.metastore.glue.partitions-segments": "1",
        "fs.native-local.enabled": "true",
        "local.location": "/",
    }
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment |= {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local"}
    return TrinoSettings(catalog, environment, memory())


def metastore_properties(url: str) -> dict[str, str]:
    """Properties of a catalog over the metastore at `url`."""
    return {"hive.metastore.glue.endpoint-url": url}


def s3_settings() -> TrinoSettings:
    """For roots on S3: AWS's own catalog, or what AWS_ENDPOINT_URL(_GLUE, _S3) names, with boto3's credentials.

    Credentials are in the environment alone, never in a file. Raises UsageError if there are none, or no region.
    """
    from lake.objects import aws

    region = aws.region()
    if region is None:
        raise UsageError("starting Trino for a root on S3: no AWS region is set: set AWS_DEFAULT_REGION")
    catalog = {**_hive(region), "fs.native-s3.enabled": "true", "s3.region": region}
    if glue := aws.endpoint("glue"):
        catalog["hive.metastore.glue.endpoint-url"] = glue
    if s3 := aws.endpoint("s3"):
        catalog |= {"s3.endpoint": s3, "s3.path-style-access": "true"}
    return TrinoSettings(catalog, {**os.environ, **_credentials()}, memory())


def _credentials() -> dict[str, str]:
    """boto3's credentials as environment variables, which Java's SDK takes first; empty if it finds them itself.

    A role's credentials expire; Java renews them, and must not find the old ones in these variables.
    """
    from boto3.session import Session

    credentials = Session().get_credentials()
    if credentials is None:
        raise UsageError(
            "starting Trino for a root on S3: no AWS credentials: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY, or run under a role"
        )
    if credentials.method in _RENEWED_BY_JAVA:
        return {}
    frozen = credentials.get_frozen_credentials()
    values = {
        "AWS_ACCESS_KEY_ID": frozen.access_key,
        "AWS_SECRET_ACCESS_KEY": frozen.secret_key,
        "AWS_SESSION_TOKEN": frozen.token,
    }
    return {name: value for name, value in values.items() if value}


def java_command(java: Path, home: Path, folder: Path, heap: str) -> list[str | Path]:
    """The command line. Listens on 127.0.0.1 alone: there are no passwords.

    Java's first compiler alone: a server that answers a few queries does not win back the cost of the second.
    """
    return [
        java,
        *("-cp", f"{home}/lib/*", f"-Xmx{heap}", "-XX:TieredStopAtLevel=1", "-XX:+ExitOnOutOfMemoryError"),
        *("-Dnode.environment=lake", "-Dnode.id=lake", f"-Dnode.data-dir={folder}/data"),
        *("-Dnode.internal-address=127.0.0.1", "-Dnode.bind-ip=127.0.0.1"),
        *(f"-Dplugin.dir={home}/plugin", f"-Dcatalog.config-dir={folder}/etc/catalog"),
        f"-Dconfig={folder}/etc/config.properties",
        "io.trino.server.TrinoServer",
    ]


def write_files(folder: Path, port: int, catalog: Mapping[str, str]) -> None:
    """Write etc/ of a server in `folder`."""
    files = {"config.properties": server_properties(port), f"catalog/{CATALOG}.properties": catalog}
    for name, properties in files.items():
        path = folder / "etc" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"{key}={value}\n" for key, value in properties.items()), encoding="utf-8")
