"""Runtime properties: what is read, and one clear message for what is wrong."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from lake.durations import duration_of
from lake.flink.properties import Properties, PropertyError, properties_of, read_properties

LENGTHS = {
    "0": timedelta(0),
    "500ms": timedelta(milliseconds=500),
    "30s": timedelta(seconds=30),
    "30 minutes": timedelta(minutes=30),
    "1 Hour": timedelta(hours=1),
    " 7d ": timedelta(days=7),
}

WRONG = {
    (
        "gap",
        "30",
    ): "reading runtime property gap: invalid value '30'; expected a whole number and a unit: 500ms, 30s, "
    "1m, 30 minutes, 1 hour, 7d (or 0)",
    ("gap", "0"): "reading runtime property gap: invalid value '0'; expected more than 0",
    (
        "window",
        "2m",
    ): "reading runtime property window: invalid value '2m'; expected 30s or 1m; leave it out for sessions by gap",
    ("cut_at_midnight", "yes"): "reading runtime property cut_at_midnight: invalid value 'yes'; expected true or false",
    (
        "timezone",
        "Mars/Base",
    ): "reading runtime property timezone: invalid value 'Mars/Base'; expected a name of the "
    "time zone database, e.g. Europe/Berlin",
    ("resolution", "day"): "reading runtime property resolution: invalid value 'day'; expected hour or 15m or minute",
    ("initial_position", "old"): "reading runtime property initial_position: invalid value 'old'; expected latest or "
    "trim_horizon",
    ("watermark_dely", "1m"): "reading runtime properties: unknown property watermark_dely; did you mean "
    "'watermark_delay'?",
}


@pytest.mark.parametrize("text", LENGTHS)
def test_length_is_a_number_and_a_unit(text: str) -> None:
    assert duration_of(text) == LENGTHS[text]


@pytest.mark.parametrize("text", ["", "m", "1.5h", "-1s", "1 fortnight", "PT30M", "9999999999999999d"])
def test_other_texts_are_no_length(text: str) -> None:
    assert duration_of(text) is None


def test_defaults_are_those_of_the_documentation() -> None:
    assert properties_of({}) == Properties(
        gap=timedelta(minutes=30),
        window=None,
        watermark_delay=timedelta(minutes=1),
        dedup_window=timedelta(hours=1),
        retention=timedelta(days=7),
        cut_at_midnight=False,
        timezone="UTC",
        resolution="hour",
    )


@pytest.mark.parametrize(("name", "text"), WRONG)
def test_wrong_property_gives_one_message(name: str, text: str) -> None:
    with pytest.raises(PropertyError) as caught:
        properties_of({name: text})
    assert str(caught.value) == WRONG[name, text]
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("other", ["gap", "cut_at_midnight"])
def test_window_excludes_what_is_for_gaps(other: str) -> None:
    with pytest.raises(PropertyError, match=f"window and {other} are mutually exclusive"):
        properties_of({"window": "30s", other: {"gap": "1h", "cut_at_midnight": "true"}[other]})


def test_file_is_a_list_of_groups_of_which_one_is_ours(tmp_path: Path) -> None:
    file = tmp_path / "application_properties.json"
    other = {"PropertyGroupId": "kinesis.analytics.flink.run.options", "PropertyMap": {"python": "main.py"}}
    ours = {"PropertyGroupId": "lake", "PropertyMap": {"gap": "1h", "resolution": "MINUTE"}}
    file.write_text(json.dumps([other, ours]))
    assert read_properties(file, is_local=True) == properties_of({"gap": "1h", "resolution": "minute"})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{}", "has no group lake"),
        ("[{}]", "must be a list of PropertyGroupId and PropertyMap"),
        ("no JSON", "must be a list of PropertyGroupId and PropertyMap"),
    ],
)
def test_file_of_another_form_is_refused(text: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "application_properties.json"
    file.write_text(text)
    with pytest.raises(PropertyError, match=message):
        read_properties(file, is_local=True)


def test_absent_file_is_named_with_what_to_do() -> None:
    with pytest.raises(PropertyError, match="not found; on a laptop, set IS_LOCAL=1"):
        read_properties(Path("unused"), is_local=False)
