"""A root's server: one at a time, found again, replaced where settings changed, gone when stopped or killed.

Here `sleep` stands for Java, and for the metastore where nothing is asked of it; test_commands.py has the real ones.
"""

from __future__ import annotations

import json
import os
import signal
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lake.errors import UsageError
from lake.trino import launch as launching
from lake.trino.errors import TrinoServerError
from lake.trino.launch import metastore_in, trino_in
from lake.trino.processes import Background
from lake.trino.server import Server, all_running, running, start, stop

SLEEPS = "touch ready; exec sleep 600"


@pytest.fixture
def with_metastore(cache: Path, tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A Java that is a shell script, and a Trino that answers when the script has made the file `ready`; all end here.

    The script may be written anew; it runs in the server's folder.
    """
    program = tmp_path / "java"
    program.write_text(f"#!/bin/sh\n{SLEEPS}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.setenv("LAKE_MAVEN_REPOSITORY", repository.as_uri())
    monkeypatch.setattr("lake.trino.artifacts.shutil.which", lambda name: None)
    monkeypatch.setattr(launching, "java", lambda say: program)
    monkeypatch.setattr("lake.trino.client.can_query", lambda port: any(cache.glob("trino/servers/*/ready")))
    monkeypatch.setattr(launching, "_POLL_SECONDS", 0.02)
    monkeypatch.delenv("LAKE_TRINO_MEMORY", raising=False)
    yield program
    for server in all_running():
        stop(server.root)


@pytest.fixture
def java(with_metastore: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same, with a metastore that answers nothing, and so starts at once."""

    def launch_metastore(folder: Path, root: str) -> str:
        process = metastore_in(folder)
        with process.reserved() as held:
            process.launch(["sleep", "600"], dict(os.environ), held)
        return "http://127.0.0.1:9999"

    monkeypatch.setattr(launching, "_launch_metastore", launch_metastore)
    return with_metastore


@pytest.fixture
def root(tmp_path: Path) -> str:
    return str(tmp_path / "lake")


def folder_of(server: Server) -> Path:
    return Path(server.folder)


def is_there(pid: int) -> bool:
    """Whether there is such a process; one that has just ended may be there for a moment."""
    for _ in range(100):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        time.sleep(0.05)
    return True


def gone(process: Background, seconds: float = 15) -> bool:
    deadline = time.monotonic() + seconds
    while process.is_alive() and time.monotonic() < deadline:
        time.sleep(0.05)
    return not process.is_alive()


def test_a_server_is_started_once_and_found_again(java: Path, root: str) -> None:
    assert running(root) is None
    server = start(root)
    assert (server.root, server.memory, server.url) == (root, "1G", f"http://127.0.0.1:{server.port}")
    assert running(root) == start(root) == server
    assert running(f"file://{root}/") == server
    assert all_running() == [server]
    os.kill(server.pid, 0)  # raises where there is no such process


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


def test_stopping_leaves_nothing_and_is_said_where_nothing_was(java: Path, root: str) -> None:
    assert not stop(root)
    server = start(root)
    processes = [trino_in(folder_of(server)), metastore_in(folder_of(server))]
    pids = [process.pid for process in processes]
    assert stop(root)
    assert running(root) is None
    assert not folder_of(server).exists()
    assert not any(is_there(pid) for pid in pids)
    assert not stop(root)


def test_a_server_that_was_killed_is_known_to_be_dead_and_its_metastore_follows(
    with_metastore: Path, root: str
) -> None:
    server = start(root)
    assert post(server) == {"DatabaseList": []}
    os.kill(server.pid, signal.SIGKILL)
    assert gone(trino_in(folder_of(server)))
    assert running(root) is None
    assert all_running() == []
    assert gone(metastore_in(folder_of(server)))
    again = start(root)
    assert again.pid != server.pid
    assert running(root) == again


def post(server: Server) -> Any:
    """What the server's metastore says to GetDatabases."""
    url = f"http://127.0.0.1:{(folder_of(server) / 'metastore.port').read_text()}"
    request = urllib.request.Request(url, b"{}", {"X-Amz-Target": "AWSGlue.GetDatabases"}, method="POST")
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def test_a_server_without_its_metastore_is_replaced(java: Path, root: str) -> None:
    server = start(root)
    os.kill(metastore_in(folder_of(server)).pid, signal.SIGKILL)
    assert gone(metastore_in(folder_of(server)))
    assert running(root) is None
    again = start(root)
    assert again.pid != server.pid
    assert not is_there(server.pid)


def test_a_state_file_whose_process_id_is_anothers_by_now_kills_nobody(java: Path, root: str) -> None:
    server = start(root)
    os.kill(server.pid, signal.SIGKILL)
    assert gone(trino_in(folder_of(server)))
    (folder_of(server) / "trino.pid").write_text(f"{os.getpid()} {os.getpgid(0)}\n")
    assert running(root) is None
    stop(root)  # this process is still here to say so


def test_a_state_file_that_cannot_be_read_counts_for_nothing(java: Path, root: str) -> None:
    server = start(root)
    for text in ("", "{", "[]", '{"root": "x"}', "null", "\0"):
        (folder_of(server) / "server.json").write_text(text)
        assert running(root) is None
        assert all_running() == []
    assert start(root).pid != server.pid


def test_two_at_once_start_one(java: Path, root: str) -> None:
    found: list[Server] = []
    threads = [threading.Thread(target=lambda: found.append(start(root))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(found) == 3
    assert len(set(found)) == 1


def test_each_root_has_its_own(java: Path, tmp_path: Path) -> None:
    servers = [start(str(tmp_path / name)) for name in ("a", "b")]
    assert all_running() == servers
    assert len({(server.port, server.pid, server.folder) for server in servers}) == 2
    stop(servers[0].root)
    assert all_running() == servers[1:]


def test_other_settings_replace_the_server(java: Path, root: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = start(root)
    monkeypatch.setenv("LAKE_TRINO_MEMORY", "2G")
    assert running(root) == before
    after = start(root)
    assert (before.memory, after.memory) == ("1G", "2G")
    assert before.pid != after.pid
    assert all_running() == [after]


@pytest.mark.parametrize("size", ["1", "1T", "lots", "0G", "-1G", "1.5G"])
def test_a_size_that_is_none_is_refused(java: Path, root: str, monkeypatch: pytest.MonkeyPatch, size: str) -> None:
    monkeypatch.setenv("LAKE_TRINO_MEMORY", size)
    with pytest.raises(UsageError, match=r"expected the size of Java's heap, as in 1G or 1500M"):
        start(root)


def test_one_that_ends_at_once_says_why_and_where_its_log_is(java: Path, root: str) -> None:
    java.write_text("#!/bin/sh\necho 'Error: the main class is not there'\nexit 1\n")
    with pytest.raises(TrinoServerError, match=r"it ended; its log is .*/trino.log\n  Error: the main class is not"):
        start(root)
    assert running(root) is None
    assert all_running() == []


def test_a_port_that_another_took_meanwhile_is_tried_again(java: Path, root: str) -> None:
    java.write_text(
        f"#!/bin/sh\nif [ -e tried ]; then {SLEEPS}; fi\ntouch tried\necho 'java.io.IOException: Failed to bind'\n"
    )
    assert running(root) is None
    assert start(root) == running(root)


def test_an_interrupted_start_leaves_no_process(java: Path, root: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(port: int) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr("lake.trino.client.can_query", interrupted)
    with pytest.raises(KeyboardInterrupt):
        start(root)
    (folder,) = (path.parent for path in Path(os.environ["LAKE_CACHE"]).glob("trino/servers/*/trino.pid"))
    assert not trino_in(folder).is_alive()
    assert not metastore_in(folder).is_alive()


def test_a_server_whose_starter_was_killed_is_replaced(java: Path, root: str) -> None:
    """It runs, and nobody has said yet that it answers."""
    server = start(root)
    (folder_of(server) / "server.json").unlink()
    assert running(root) is None
    again = start(root)
    assert again.pid != server.pid
    assert not is_there(server.pid)


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


def test_the_state_file_is_json_that_a_person_can_read(java: Path, root: str) -> None:
    server = start(root)
    state = json.loads((folder_of(server) / "server.json").read_text())
    assert (state["root"], state["port"], state["pid"]) == (root, server.port, server.pid)
