"""The SQLite catalog's own: one file, many processes, some of them killed."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import sqlite3
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from lake.catalog import CatalogTable, Partition
from lake.catalog.sqlite import SqliteCatalog
from lake.catalog.sqlite_file import SCHEMA_VERSION
from lake.errors import CatalogError

TABLE = CatalogTable("clicks", "events_v1", (("event_id", "string", ""),), (("dt", "string"),), "curated/clicks/e_v1")
DT = "2026-11-21-09"
PADDING = "x" * 20_000  # several database pages a partition, so that half a write would show

# A child that is neither forked from this process's threads nor started from nothing each time.
processes = multiprocessing.get_context("forkserver")
processes.set_forkserver_preload(["lake.catalog.sqlite"])


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "lake"


@pytest.fixture
def catalog(root: Path) -> SqliteCatalog:
    catalog = SqliteCatalog(root)
    catalog.put_table(TABLE)
    return catalog


def turn(number: int) -> Partition:
    """The partition's state after `number` publications: every part of it tells the number."""
    parameters = {"lake.rows": str(number), "lake.digest": f"{PADDING}{number}"}
    return Partition(DT, f"curated/clicks/e_v1/dt={DT}/run={number}", parameters)


def count_up(root: Path, until: int) -> int:
    """Publishes the number after the one that is published until it is `until`; returns how often that was ours."""
    catalog = SqliteCatalog(root)
    catalog.put_table(TABLE)
    ours = 0
    while (number := published_number(seen := catalog.partition("clicks", "events_v1", DT))) < until:
        ours += catalog.publish("clicks", "events_v1", turn(number + 1), seen)
    return ours


def published_number(partition: Partition | None) -> int:
    """The number of a partition's state, 0 where there is none; fails where its parts tell different numbers."""
    if partition is None:
        return 0
    assert partition == turn(partition.number("rows"))
    return partition.number("rows")


def test_reading_makes_no_file(root: Path) -> None:
    catalog = SqliteCatalog(root)
    catalog.tables()
    catalog.partitions("clicks", "events_v1")
    catalog.drop_partition("clicks", "events_v1", DT)
    assert not root.exists()


def test_refused_publication_writes_nothing(root: Path) -> None:
    with pytest.raises(CatalogError):
        SqliteCatalog(root).publish("clicks", "events_v1", turn(1), None)
    assert SqliteCatalog(root).tables() == []


def test_file_left_empty_by_a_writer_killed_at_the_start_is_no_hindrance(root: Path) -> None:
    root.mkdir()
    (root / "catalog.sqlite").write_bytes(b"")
    catalog = SqliteCatalog(root)
    assert catalog.tables() == []
    assert catalog.partition("clicks", "events_v1", DT) is None
    catalog.put_table(TABLE)
    assert catalog.table("clicks", "events_v1") == TABLE


def test_file_of_a_newer_release_is_refused_and_left_alone(catalog: SqliteCatalog) -> None:
    with sqlite3.connect(catalog.path) as db:
        db.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    db.close()
    for use in (catalog.tables, lambda: catalog.publish("clicks", "events_v1", turn(1), None)):
        with pytest.raises(CatalogError, match=r"catalog.sqlite: it has schema version 3, and this release knows up"):
            use()


@pytest.mark.parametrize("content", [b"not a database" * 100, b"SQLite format 3\0" + b"\xff" * 4096])
def test_file_that_is_no_catalog_is_named(root: Path, content: bytes) -> None:
    root.mkdir()
    (root / "catalog.sqlite").write_bytes(content)
    with pytest.raises(CatalogError, match=r"reading in .*catalog.sqlite: .*no whole catalog: restore it, or move"):
        SqliteCatalog(root).tables()
    assert (root / "catalog.sqlite").read_bytes() == content


def test_root_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    catalog = SqliteCatalog(tmp_path / "file")
    assert catalog.tables() == []
    with pytest.raises(CatalogError, match=r"putting the table clicks.events_v1 in .*/file/catalog.sqlite: .*--root"):
        catalog.put_table(TABLE)


def test_writer_that_holds_the_file_too_long_is_reported(root: Path) -> None:
    catalog = SqliteCatalog(root, busy_seconds=0.1)
    catalog.put_table(TABLE)
    other = sqlite3.connect(catalog.path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    try:
        assert catalog.tables() == [("clicks", "events_v1")]  # readers are never held up
        with pytest.raises(CatalogError, match=r"publishing .*: database is locked; another process has held it"):
            catalog.publish("clicks", "events_v1", turn(1), None)
    finally:
        other.close()
    assert catalog.publish("clicks", "events_v1", turn(1), None) is True


def test_first_writers_of_a_root_wait_for_each_other(tmp_path: Path) -> None:
    together = threading.Barrier(6)

    def put(number: int, root: Path) -> None:
        together.wait(timeout=20)
        SqliteCatalog(root).put_table(replace(TABLE, name=f"t{number}"))

    with ThreadPoolExecutor(6) as pool:
        for attempt in range(20):
            root = tmp_path / str(attempt)
            list(pool.map(put, range(6), [root] * 6))
            assert SqliteCatalog(root).tables() == [("clicks", f"t{number}") for number in range(6)]


@pytest.mark.e2e
def test_racing_processes_make_one_catalog_and_lose_no_publication(root: Path) -> None:
    with ProcessPoolExecutor(4, mp_context=processes) as pool:
        ours = list(pool.map(count_up, [root] * 4, [100] * 4))
    assert published_number(SqliteCatalog(root).partition("clicks", "events_v1", DT)) == 100
    assert sum(ours) == 100


def test_racing_threads_lose_no_publication(root: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        ours = list(pool.map(count_up, [root] * 4, [60] * 4))
    assert sum(ours) == 60


def poll(root: Path, done: threading.Event, numbers: list[int]) -> None:
    catalog = SqliteCatalog(root)
    while not done.is_set():
        one = published_number(catalog.partition("clicks", "events_v1", DT))
        (listed,) = catalog.partitions("clicks", "events_v1") or [None]
        numbers += [one, published_number(listed)]


@pytest.mark.e2e
@pytest.mark.parametrize("kills", [3, pytest.param(20, marks=pytest.mark.nightly)])
def test_readers_see_whole_states_in_order_while_writers_are_killed(
    catalog: SqliteCatalog, root: Path, kills: int
) -> None:
    catalog.publish("clicks", "events_v1", turn(1), None)
    done = threading.Event()
    seen: list[list[int]] = [[], []]
    last = 1
    with ThreadPoolExecutor(2) as pool:
        readers = [pool.submit(poll, root, done, numbers) for numbers in seen]
        try:
            for round_ in range(kills):
                writer = processes.Process(target=count_up, args=(root, 10**9))
                writer.start()
                deadline = time.monotonic() + 20
                while (number := published_number(catalog.partition("clicks", "events_v1", DT))) < last + 5:
                    assert time.monotonic() < deadline, f"the writer of round {round_} published nothing"
                time.sleep(0.003 * round_)
                assert writer.pid is not None
                os.kill(writer.pid, signal.SIGKILL)
                writer.join()
                last = number
                catalog.put_table(replace(TABLE, parameters={"round": str(round_)}))
        finally:
            done.set()
    for reader in readers:
        reader.result()
    for numbers in seen:
        assert numbers == sorted(numbers)
        assert numbers[0] >= 1
        assert len(set(numbers)) > kills
    with sqlite3.connect(catalog.path) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    db.close()


@pytest.fixture
def shared_root() -> Iterator[Path]:
    """A root that another user may look into; pytest's own folders are closed to others."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder / "lake"
    (folder / "lake").chmod(0o755)
    shutil.rmtree(folder)


def read_as_nobody(root: Path) -> list[Partition]:
    if os.geteuid() == 0:
        os.setuid(65534)
    return SqliteCatalog(root).partitions("clicks", "events_v1")


@pytest.mark.e2e
@pytest.mark.parametrize("is_being_written", [False, True])
def test_reader_who_may_not_write_the_folder_reads_all_the_same(shared_root: Path, is_being_written: bool) -> None:
    catalog = SqliteCatalog(shared_root)
    catalog.put_table(TABLE)
    writer = sqlite3.connect(catalog.path, isolation_level=None)
    if is_being_written:
        writer.execute("SELECT * FROM tables").fetchall()  # an open connection keeps the log and its shared memory
    else:
        writer.close()
    catalog.publish("clicks", "events_v1", turn(1), None)
    shared_root.chmod(0o555)
    with ProcessPoolExecutor(1, mp_context=processes) as pool:
        assert pool.submit(read_as_nobody, shared_root).result() == [turn(1)]
    writer.close()
