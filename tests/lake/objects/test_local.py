"""A root in a folder: whole objects, and its own refusals."""

from __future__ import annotations

import errno
import os
import threading
import time
from pathlib import Path

import pytest

from lake.errors import StorageError
from lake.objects import open_store
from lake.objects.local import TEMPORARY, LocalStore


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "lake"


def test_reading_makes_no_folder(root: Path) -> None:
    store = LocalStore(root)
    store.list("")
    store.folders("raw")
    store.delete(["k"])
    assert store.read_if_exists("k") is None
    assert not root.exists()


def test_root_uri_forms_name_one_folder(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = root.with_name("a lake")
    monkeypatch.chdir(root.parent)
    monkeypatch.setenv("HOME", str(root.parent))
    forms = [str(root), f"{root}/", "a lake", "./x/../a lake", "~/a lake", root.as_uri(), f"file://localhost{root}"]
    assert {open_store(form).uri for form in forms} == {str(root)}


@pytest.mark.parametrize("key", ["../out", "a/../../out", "/etc/passwd", "a//b", "a/./b", "", ".", "..", "a/", "a\0b"])
def test_key_that_could_leave_the_root_is_refused(root: Path, key: str) -> None:
    store = LocalStore(root)
    for use in [lambda: store.write(key, b""), lambda: store.read(key), lambda: store.delete([key])]:
        with pytest.raises(StorageError, match="expected names between single slashes"):
            use()
    assert not root.exists()


def test_prefix_that_could_leave_the_root_is_refused(root: Path) -> None:
    with pytest.raises(StorageError, match="expected names between single slashes"):
        LocalStore(root).list("../")


def test_root_that_is_a_file_is_refused(tmp_path: Path) -> None:
    root = tmp_path / "file"
    root.write_bytes(b"")
    store = LocalStore(root)
    for use in [lambda: store.list("raw"), lambda: store.folders(""), lambda: store.write("k", b"")]:
        with pytest.raises(StorageError, match=r"is a file, expected a folder: remove it"):
            use()


def test_full_disk_is_named_and_leaves_the_old_object(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = LocalStore(root)
    store.write("k", b"old")
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(OSError(errno.ENOSPC, "No space left")))
    with pytest.raises(StorageError, match=r"writing .*/k: the disk is full: free space .*lake vacuum"):
        store.write("k", b"new")
    assert store.read("k") == b"old"
    assert list((root / TEMPORARY).iterdir()) == []


def test_folder_that_may_not_be_read_is_named(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "scandir", lambda *_: (_ for _ in ()).throw(PermissionError(errno.EACCES, "denied")))
    with pytest.raises(StorageError, match=r"listing .*/raw: permission denied: grant this user access"):
        LocalStore(root).list("raw")


def test_name_longer_than_the_file_system_takes_is_refused(root: Path) -> None:
    with pytest.raises(StorageError, match=r"longer than the file system allows \(255 bytes\)"):
        LocalStore(root).write("é" * 128, b"")


def test_file_name_that_is_no_utf8_is_refused_by_name(root: Path) -> None:
    (root / "raw").mkdir(parents=True)
    Path(os.fsdecode(os.fsencode(root) + b"/raw/\xff\xfe")).write_bytes(b"")
    with pytest.raises(StorageError, match=r"raw/\\xff\\xfe': the name is not UTF-8; rename the file"):
        LocalStore(root).list("raw")


def test_key_may_hold_a_line_break(root: Path) -> None:
    store = LocalStore(root)
    store.write("line\nbreak", b"whole")
    assert [stored.key for stored in store.list("")] == ["line\nbreak"]
    assert store.read("line\nbreak") == b"whole"


def test_object_is_later_than_the_one_it_replaces_though_the_clock_stands_still(root: Path) -> None:
    store = LocalStore(root)
    store.write("k", b"old")
    ahead = time.time_ns() + 3_600_000_000_000
    os.utime(root / "k", ns=(ahead, ahead))
    store.write("k", b"new")
    assert store.list("")[0].etag == f"3-{ahead + 1}"


def test_file_that_goes_while_its_folder_is_listed_is_left_out(root: Path) -> None:
    store = LocalStore(root)
    store.write("raw/stays", b"")
    (root / "raw" / "gone").symlink_to(root / "nowhere")  # in the folder, and not there when it is looked at
    assert [stored.key for stored in store.list("raw")] == ["raw/stays"]


def test_temporary_files_are_never_listed_and_a_killed_writers_are_cleared_after_a_day(root: Path) -> None:
    (root / TEMPORARY).mkdir(parents=True)
    fresh, old = root / TEMPORARY / "fresh", root / TEMPORARY / "old"
    for path in (fresh, old):
        path.write_bytes(b"half an obj")
    os.utime(old, times=(time.time() - 90_000,) * 2)
    store = LocalStore(root)
    assert store.list("") == []
    assert store.folders("") == []
    store.write("k", b"")
    assert [stored.key for stored in store.list("")] == ["k"]
    assert fresh.exists()
    assert not old.exists()


def test_reader_sees_the_old_object_or_the_new_one_while_it_is_replaced(root: Path) -> None:
    store = LocalStore(root)
    whole = [bytes([letter]) * 300_000 for letter in b"ab"]
    store.write("k", whole[0])
    done = threading.Event()
    seen: list[bytes] = []

    def poll() -> None:
        while not done.is_set():
            seen.append(store.read("k"))

    reader = threading.Thread(target=poll)
    reader.start()
    for turn in range(200):
        store.write("k", whole[turn % 2])
    done.set()
    reader.join()
    assert set(seen) <= set(whole)
    assert seen


def test_deletion_of_a_folders_last_object_loses_no_object_being_written_into_it(root: Path) -> None:
    store = LocalStore(root)
    done = threading.Event()

    def come_and_go() -> None:
        while not done.is_set():
            store.write("a/b/fleeting", b"")
            store.delete(["a/b/fleeting"])

    other = threading.Thread(target=come_and_go)
    other.start()
    try:
        for turn in range(300):
            store.write(f"a/b/{turn}", b"kept")
            assert store.read(f"a/b/{turn}") == b"kept"
            store.delete([f"a/b/{turn}"])
    finally:
        done.set()
        other.join()
