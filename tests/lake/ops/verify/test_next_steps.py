"""What a finding says to do, by what the hour can still be made from, or put back to."""

from __future__ import annotations

from tests.lake.ops.verify.published import HOUR, REBUILD_FLAT, Site


def test_what_to_do_is_to_rebuild(flat: Site) -> None:
    flat.spoil(lambda _: b"")
    assert flat.finding("truncated").next_step == REBUILD_FLAT


def test_what_to_do_about_a_pinned_hour_is_to_unpin_it_first(flat: Site) -> None:
    flat.spoil(lambda _: b"")
    flat.edit_catalog(pinned="true")
    assert flat.finding("truncated").next_step == f"lake unpin sensors.readings_v1 {HOUR}; then {REBUILD_FLAT}"


def test_what_to_do_without_raw_objects_is_to_roll_back_or_to_restore(flat: Site) -> None:
    flat.run(4, name="o2")
    flat.spoil(lambda _: b"")
    store = flat.lake.store
    store.delete([one.key for one in store.list("raw")])
    assert flat.finding("truncated").next_step.startswith(f"lake rollback sensors.readings_v1 {HOUR} (")
    store.delete([f"{flat.partition().get('previous_location')}/_manifest.json"])
    assert flat.finding("truncated").next_step.startswith("restore the folder from a backup")
