"""Layouts of the raw zone: which folders they have, as Firehose writes them, and whose hour an object is."""

from __future__ import annotations

import pytest

from lake.contract.source_layout import SourceLayout


@pytest.mark.parametrize(
    ("layout", "prefix"),
    [
        ("dt=YYYY-MM-DD-HH", "dt=!{timestamp:yyyy-MM-dd-HH}/"),
        ("dt=YYYY-MM-DD/hh=HH", "dt=!{timestamp:yyyy-MM-dd}/hh=!{timestamp:HH}/"),
        (
            "year=YYYY/month=MM/day=DD/hour=HH",
            "year=!{timestamp:yyyy}/month=!{timestamp:MM}/day=!{timestamp:dd}/hour=!{timestamp:HH}/",
        ),
        ("YYYY/MM/DD/HH", "!{timestamp:yyyy}/!{timestamp:MM}/!{timestamp:dd}/!{timestamp:HH}/"),
        ("YYYY_MM_DD", "!{timestamp:yyyy_MM_dd}/"),
        (
            "AWSLogs/*/CloudTrail/*/YYYY/MM/DD",
            "AWSLogs/local/CloudTrail/local/!{timestamp:yyyy}/!{timestamp:MM}/!{timestamp:dd}/",
        ),
    ],
)
def test_a_layout_is_a_prefix_of_firehose(layout: str, prefix: str) -> None:
    assert SourceLayout(layout).firehose == prefix


@pytest.mark.parametrize(
    ("name", "hour"),
    [
        ("123_CloudTrail_eu-west-1_20261121T0905Z_Ab3.json.gz", "09"),
        ("123_vpcflowlogs_eu-west-1_fl-1_20261121T2355Z_1a.log.gz", "23"),
        ("clicks-1-2026-11-21-09-05-00-0d3e5a1c-2026", "09"),
        ("2026-11-21-00-17-05-8B2B", "00"),
        ("2026-11-21T14:00:00Z.json", "14"),
        ("export_20261121_07.csv", "07"),
        ("20261121T0905Z/part-0", "00"),  # a folder's name is not the object's
        ("part-00000.json", "00"),
        ("2026-11-21.json", "00"),
        ("2026-11-22-09-05-00", "00"),  # another day's
        ("2026-11-21-24", "00"),
        ("2026-11-21-1999", "00"),
        ("120261121T0905Z", "00"),
    ],
)
def test_in_a_days_folder_the_hour_is_the_one_in_the_name_or_the_days_first(name: str, hour: str) -> None:
    assert SourceLayout("YYYY/MM/DD").hour_of("2026-11-21", f"raw/a/2026/11/21/{name}") == f"2026-11-21-{hour}"


def test_in_an_hours_folder_a_name_decides_nothing() -> None:
    layout = SourceLayout("YYYY/MM/DD/HH")
    assert layout.hour_of("2026-11-21-09", "raw/a/2026/11/21/09/x-2026-11-21-10-00-00") == "2026-11-21-09"


@pytest.mark.parametrize(
    ("level", "folder", "numbers"),
    [
        ("month=MM", "month=01", ("01",)),
        ("month=MM", "month=1", ("01",)),
        ("month=MM", "month=001", None),
        ("month=MM", "Month=01", None),
        ("MM", "1", ("01",)),
        ("dt=YYYY-MM-DD-HH", "dt=2026-01-02-03", ("2026", "01", "02", "03")),
        ("dt=YYYY-MM-DD-HH", "dt=2026-1-2-3", None),
        ("dt=YYYY-MM-DD-HH", "dt=2026-01-02-03x", None),
        ("YYYY", "26", None),
        ("*", "anything.at all", ()),
        ("a.b", "a.b", ()),
        ("a.b", "acb", None),
    ],
)
def test_a_folder_has_the_numbers_of_its_level(level: str, folder: str, numbers: tuple[str, ...] | None) -> None:
    rest = {"month=MM": "YYYY/{}/DD", "MM": "YYYY/{}/DD", "YYYY": "{}/MM/DD"}.get(level, "{}")
    template = rest.format(level) if "DD" in rest.format(level) else f"{level}/YYYY/MM/DD"
    place = template.split("/").index(level)
    assert SourceLayout(template).levels[place].numbers(folder) == numbers


@pytest.mark.parametrize(
    ("layout", "expected"),
    [
        ("", "each once and in this order"),
        ("dt=yyyy-MM-dd-HH", "each once and in this order"),
        ("YYYY/MM", "each once and in this order"),
        ("YYYY/DD/MM", "each once and in this order"),
        ("COMMON/YYYY/MM/DD", "each once and in this order"),
        ("YYYY/MM/DD/HH/HH", "each once and in this order"),
        ("YYYY//MM/DD", "got ''"),
        ("/YYYY/MM/DD", "got ''"),
        ("../YYYY/MM/DD", "got '..'"),
        ("a*/YYYY/MM/DD", "got 'a*'"),
        ("dt=!{timestamp:YYYY-MM-DD}", "got 'dt=!{timestamp:YYYY-MM-DD}'"),
    ],
)
def test_what_is_no_layout_is_refused(layout: str, expected: str) -> None:
    with pytest.raises(ValueError, match=r"expected .*") as refused:
        SourceLayout(layout)
    assert str(refused.value).endswith(expected)
