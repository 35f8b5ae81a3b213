"""What a store of either kind does alike."""

from __future__ import annotations

import pickle
import re
from datetime import UTC, datetime, timedelta

import pytest

from lake.errors import StorageError, UsageError
from lake.objects import Store, open_store

ODD_KEYS = [
    "a b/c  d",
    "quotes/'single' \"double\" `back`",
    "signs/#%=+&?*<>|\\:;,!@$^~[]{}()",
    "percent/%2F%20%00",
    "dots/...",
    "control/\ttab\x01\x7f",
    "emoji/😀/é/e\u0301/日本語",
    "dt=2026-11-21-09/" + "n" * 200,
    "é" * 100,
]


@pytest.fixture
def store(any_root: str) -> Store:
    return open_store(any_root)


def keys(store: Store, prefix: str = "") -> list[str]:
    return [stored.key for stored in store.list(prefix)]


def test_nothing_written_lists_as_nothing(store: Store) -> None:
    assert store.list("") == []
    assert store.list("raw/clicks") == []
    assert store.folders("") == []
    assert store.folders("raw") == []


@pytest.mark.parametrize("key", ODD_KEYS)
def test_key_may_hold_anything_that_a_file_name_may(store: Store, key: str) -> None:
    store.write(key, b"whole")
    assert keys(store) == [key]
    assert store.read(key) == b"whole"
    store.delete([key])
    assert keys(store) == []
    assert store.folders("") == []


def test_listing_is_in_the_order_of_utf8_bytes_at_any_depth(store: Store) -> None:
    expected = ["a", "b.c", "b/c/d/e", "b/c0", "b0", "é", "\ufffd", "😀"]
    for key in reversed(expected):
        store.write(key, b"")
    assert keys(store) == expected == sorted(expected, key=str.encode)


def test_prefix_is_a_folder_and_not_the_beginning_of_a_name(store: Store) -> None:
    for key in ["raw/click/1", "raw/clicks/1", "raw/click.txt"]:
        store.write(key, b"")
    assert keys(store, "raw/click") == keys(store, "raw/click/") == ["raw/click/1"]
    assert keys(store, "raw/click/1") == []
    assert store.folders("raw/click/1") == []


def test_folders_are_the_names_right_below(store: Store) -> None:
    for key in ["c/t/dt=2/x", "c/t/dt=10/y/z", "c/t/file", "c/u/v/w", "d"]:
        store.write(key, b"")
    assert store.folders("c/t") == store.folders("c/t/") == ["dt=10", "dt=2"]
    assert store.folders("c") == ["t", "u"]
    assert store.folders("") == ["c"]


def test_deletion_removes_what_is_there_and_folders_left_empty(store: Store) -> None:
    for key in ["a/b/c/1", "a/b/2", "a/3"]:
        store.write(key, b"")
    store.delete(["a/b/c/1", "a/b/2", "a/never", "no/such/folder", "a/3/below-an-object"])
    assert keys(store) == ["a/3"]
    assert store.folders("a") == []
    store.delete([])
    store.delete(["a/3"])
    assert store.folders("") == []


def test_listing_tells_size_and_utc_time(store: Store) -> None:
    store.write("k", b"12345")
    (stored,) = store.list("")
    assert stored.size == 5
    assert stored.modified_at.tzinfo is UTC
    assert abs(stored.modified_at - datetime.now(UTC)) < timedelta(seconds=60)


def test_etag_changes_with_the_bytes_though_their_number_does_not(store: Store) -> None:
    etags = []
    for data in [b"one", b"two", b"six", b"ten"]:
        store.write("k", data)
        (first,), (second,) = store.list(""), store.list("")
        assert first.etag == second.etag
        etags.append(first.etag)
    assert len(set(etags)) == 4


@pytest.mark.parametrize("data", [b"", b"bytes", memoryview(b"xx view xx")[3:7]], ids=["empty", "bytes", "view"])
def test_what_is_read_is_what_was_written(store: Store, data: bytes | memoryview) -> None:
    store.write("k", b"an older and longer object")
    store.write("k", data)
    assert store.read("k") == store.read_if_exists("k") == bytes(data)


def test_stream_is_read_piece_by_piece(store: Store) -> None:
    data = bytes(range(256)) * 8192
    store.write("k", data)
    with store.open("k") as stream:
        assert stream.read(1) == data[:1]
        assert stream.read(1_500_000) == data[1:1_500_001]
        assert stream.read() == data[1_500_001:]
        assert stream.read(10) == b""


@pytest.mark.parametrize("key", ["absent", "folder", "folder/object/below"])
def test_object_that_is_not_there(store: Store, key: str) -> None:
    store.write("folder/object", b"")
    assert store.read_if_exists(key) is None
    with pytest.raises(StorageError) as caught:
        store.read(key)
    assert store.uri_of(key) in str(caught.value)
    assert re.search("not found|expected an object, found a folder|is a file", str(caught.value))


def test_store_travels_to_another_process(store: Store) -> None:
    store.write("k", b"before it was used")
    travelled: Store = pickle.loads(pickle.dumps(store))
    assert travelled.uri == store.uri
    assert travelled.read("k") == b"before it was used"


def test_arrow_file_system_shows_the_same_objects(store: Store) -> None:
    store.write("a b/é", b"through both")
    files, path = store.arrow()
    with files.open_input_stream(f"{path}/a b/é") as stream:
        assert stream.read() == b"through both"


def test_uri_opens_the_same_root_again(store: Store) -> None:
    store.write("k", b"here")
    assert open_store(store.uri + "/").read("k") == b"here"


@pytest.mark.parametrize("uri", ["", "s3://", "s3:///prefix", "gs://bucket", "s3a://bucket", "file://host/folder"])
def test_uri_of_no_known_kind_is_refused(uri: str) -> None:
    with pytest.raises(UsageError) as caught:
        open_store(uri)
    assert repr(uri) in str(caught.value) or "empty root" in str(caught.value)
    assert "file:///folder" in str(caught.value)
