"""What a server is started with: where its tables are, whose credentials it has, how much memory."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lake.errors import UsageError
from lake_local.trino.launch import metastore_in
from lake_local.trino.server import Server, running, start
from tests.lake_local.trino.conftest import SLEEPS, folder_of


def test_its_files_say_what_it_is(java: Path, root: str) -> None:
    server = start(root)
    etc = folder_of(server) / "etc"
    config = (etc / "config.properties").read_text().splitlines()
    assert f"http-server.http.port={server.port}" in config
    catalog = dict(line.split("=", 1) for line in (etc / "catalog/awsdatacatalog.properties").read_text().splitlines())
    assert catalog == {
        "connector.name": "hive",
        "hive.metastore": "glue",
        "hive.metastore.glue.region": "us-east-1",
        "hive.metastore.glue.endpoint-url": "http://127.0.0.1:9999",
        "hive.metastore.glue.partitions-segments": "1",
        "hive.security": "read-only",
        "hive.table-statistics-enabled": "false",
        "fs.native-local.enabled": "true",
        "local.location": "/",
    }


@pytest.mark.parametrize("size", ["1", "1T", "lots", "0G", "-1G", "1.5G"])
def test_a_size_that_is_none_is_refused(java: Path, root: str, monkeypatch: pytest.MonkeyPatch, size: str) -> None:
    monkeypatch.setenv("LAKE_TRINO_MEMORY", size)
    with pytest.raises(UsageError, match=r"expected the size of Java's heap, as in 1G or 1500M"):
        start(root)


@pytest.fixture
def on_s3(java: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return "s3://bucket/lake"


def catalog_of(server: Server) -> dict[str, str]:
    text = (folder_of(server) / "etc/catalog/awsdatacatalog.properties").read_text()
    return dict(line.split("=", 1) for line in text.splitlines())


def test_a_root_on_s3_has_glue_and_no_metastore_of_ours(on_s3: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "very-secret")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    server = start(on_s3)
    assert running(on_s3) == server
    assert not metastore_in(folder_of(server)).is_alive()
    assert catalog_of(server) == {
        "connector.name": "hive",
        "hive.metastore": "glue",
        "hive.metastore.glue.region": "eu-west-1",
        "hive.security": "read-only",
        "hive.table-statistics-enabled": "false",
        "fs.native-s3.enabled": "true",
        "s3.region": "eu-west-1",
    }


def test_endpoints_speak_for_aws(on_s3: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"ACCESS_KEY_ID": "a", "SECRET_ACCESS_KEY": "b", "REGION": "us-east-1"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://both:1")
    monkeypatch.setenv("AWS_ENDPOINT_URL_GLUE", "http://glue:2")
    catalog = catalog_of(start(on_s3))
    assert catalog["hive.metastore.glue.endpoint-url"] == "http://glue:2"
    assert (catalog["s3.endpoint"], catalog["s3.path-style-access"]) == ("http://both:1", "true")


def test_a_profiles_credentials_are_in_the_environment_and_in_no_file(
    on_s3: str, java: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "credentials").write_text("[mine]\naws_access_key_id = AKIAMINE\naws_secret_access_key = very-secret\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_PROFILE", "mine")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    java.write_text(f'#!/bin/sh\necho "$AWS_ACCESS_KEY_ID" "${{#AWS_SECRET_ACCESS_KEY}}" > {tmp_path}/seen\n{SLEEPS}\n')
    server = start(on_s3)
    assert (tmp_path / "seen").read_text() == f"AKIAMINE {len('very-secret')}\n"
    texts = [path.read_bytes() for path in folder_of(server).rglob("*") if path.is_file()]
    assert texts
    assert not [text for text in texts if b"very-secret" in text or b"AKIAMINE" in text]


def test_without_credentials_or_region_it_is_said_what_to_set(on_s3: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="set AWS_DEFAULT_REGION"):
        start(on_s3)
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    with pytest.raises(UsageError, match="no AWS credentials: set AWS_PROFILE"):
        start(on_s3)


def test_nothing_of_aws_reaches_a_local_roots_server(
    java: Path, root: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "mine")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "very-secret")
    java.write_text(f"#!/bin/sh\nenv | grep ^AWS_ | sort > {tmp_path}/seen\n{SLEEPS}\n")
    start(root)
    assert (tmp_path / "seen").read_text() == "AWS_ACCESS_KEY_ID=local\nAWS_SECRET_ACCESS_KEY=local\n"
