"""What a Trino is started with: its catalog, whose credentials it has, how much memory."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lake.errors import UsageError
from lake_local.trino.settings import metastore_properties, settings_for, write_files


def test_a_local_roots_catalog_is_files_below_the_root_folder_and_a_metastore() -> None:
    assert settings_for("/lake").catalog | metastore_properties("http://127.0.0.1:9999") == {
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


def test_no_aws_setting_of_the_user_reaches_a_local_roots_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "mine")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "very-secret")
    environment = settings_for("/lake").environment
    assert {name: value for name, value in environment.items() if name.startswith("AWS_")} == {
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
    }


def test_its_files_have_the_port_and_the_catalog(tmp_path: Path) -> None:
    write_files(tmp_path, 1234, {"connector.name": "hive"})
    assert "http-server.http.port=1234" in (tmp_path / "etc/config.properties").read_text().splitlines()
    assert (tmp_path / "etc/catalog/awsdatacatalog.properties").read_text() == "connector.name=hive\n"


@pytest.mark.parametrize("size", ["1", "1T", "lots", "0G", "-1G", "1.5G"])
def test_memory_that_is_not_a_size_is_refused(monkeypatch: pytest.MonkeyPatch, size: str) -> None:
    monkeypatch.setenv("LAKE_TRINO_MEMORY", size)
    with pytest.raises(UsageError, match=r"expected the size of Java's heap, e.g. 1G or 1500M"):
        settings_for("/lake")


@pytest.fixture
def on_s3(monkeypatch: pytest.MonkeyPatch) -> str:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return "s3://bucket/lake"


def test_a_root_on_s3_has_glue_and_the_users_credentials(on_s3: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "very-secret")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    settings = settings_for(on_s3)
    assert settings.catalog == {
        "connector.name": "hive",
        "hive.metastore": "glue",
        "hive.metastore.glue.region": "eu-west-1",
        "hive.security": "read-only",
        "hive.table-statistics-enabled": "false",
        "fs.native-s3.enabled": "true",
        "s3.region": "eu-west-1",
    }
    assert settings.environment["AWS_SECRET_ACCESS_KEY"] == "very-secret"
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAOTHER")
    assert settings_for(on_s3).digest != settings.digest


def test_endpoints_are_those_of_the_environment(on_s3: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"ACCESS_KEY_ID": "a", "SECRET_ACCESS_KEY": "b", "REGION": "us-east-1"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://both:1")
    monkeypatch.setenv("AWS_ENDPOINT_URL_GLUE", "http://glue:2")
    catalog = settings_for(on_s3).catalog
    assert catalog["hive.metastore.glue.endpoint-url"] == "http://glue:2"
    assert (catalog["s3.endpoint"], catalog["s3.path-style-access"]) == ("http://both:1", "true")


def test_a_profiles_credentials_are_in_the_environment_and_not_in_the_catalogs_file(
    on_s3: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "credentials").write_text("[mine]\naws_access_key_id = AKIAMINE\naws_secret_access_key = very-secret\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_PROFILE", "mine")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    settings = settings_for(on_s3)
    assert settings.environment["AWS_ACCESS_KEY_ID"] == "AKIAMINE"
    assert settings.environment["AWS_SECRET_ACCESS_KEY"] == "very-secret"
    assert not [value for value in settings.catalog.values() if value in ("very-secret", "AKIAMINE")]


def test_missing_credentials_or_region_are_refused_with_what_to_set(
    on_s3: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UsageError, match="set AWS_DEFAULT_REGION"):
        settings_for(on_s3)
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    with pytest.raises(UsageError, match="no AWS credentials: set AWS_PROFILE"):
        settings_for(on_s3)
