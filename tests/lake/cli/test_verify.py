"""`lake verify` as it is typed: what it prints, whole, and how it ends."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from lake.cli.app import run_command
from tests.lake.ops.verify.published import BUCKETED, FLAT, HOUR, Site

ROWS = 200


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Site:
    """An hour of readings, flat and in buckets; `lake` finds its root by itself."""
    site = Site(str(tmp_path / "lake"))
    site.run(*range(ROWS))
    site.put_buckets()
    site.table_name = BUCKETED
    monkeypatch.setenv("LAKE_ROOT", site.root)
    monkeypatch.delenv("LAKE_CONTRACTS", raising=False)
    capsys.readouterr()
    return site


def spoilt(site: Site) -> tuple[str, str]:
    """Put a bucket's file under another bucket's name, and a folder beside it; returns both names."""
    name = site.names()[0]
    moved = name.replace("000007", "000012")
    site.rename(site.files()[0], moved)
    site.lake.store.write(f"{site.partition().location}/more/x", b"x")
    return name, moved


def test_a_sound_table_is_one_line_beside_an_empty_answer(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["verify", FLAT]) == 0
    out, err = capsys.readouterr()
    assert out == ""
    size = site.lake.catalog.partitions("sensors", "readings_v1")[0].number("bytes") / 1000
    shown = rf"{FLAT}: 1 partition, 1 file, 200 rows, {size:.1f} kB verified in \d+\.\d s: no errors\n"
    assert re.fullmatch(shown, err)


def test_what_is_wrong_is_shown_by_hour_and_file_with_what_to_do(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    name, moved = spoilt(site)
    assert run_command(["verify", BUCKETED, f"dt={HOUR}"]) == 1
    out, err = capsys.readouterr()
    store = site.lake.store
    size = {one.key.rpartition("/")[2]: one.size for one in store.list(site.partition().location)}[moved]
    assert out == (
        f"sensors.readings_by_sensor_v1 dt=2026-11-21-09\n"
        f"  error missing: {name} is in the manifest (40 rows, {size:,} bytes), but not in the folder\n"
        f"  error extra: {moved} is in the folder ({size:,} bytes), but not in the manifest; readers read it\n"
        f"  error wrong_bucket: {moved} 40 of 40 rows do not belong to bucket 12 (row 0 to bucket 7); queries that "
        "filter on their key miss them\n"
        "  error subfolder: more/ is a folder, with 1 objects; expected files only; some readers fail on a folder\n"
        "  next: lake run bucket_by_key --table sensors.readings_by_sensor_v1 --since 2026-11-21-09 "
        "--until 2026-11-21-10 --rebuild\n"
    )
    assert err.endswith(" s: 4 errors\n")


def test_a_program_gets_one_document(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    site.lake.store.delete([f"{site.partition().location}/_manifest.json"])
    assert run_command(["verify", BUCKETED, "--json"]) == 1
    answer = json.loads(capsys.readouterr().out)
    assert answer.pop("seconds") >= 0
    assert answer == {
        "table": BUCKETED,
        "findings": [
            {
                "level": "error",
                "code": "manifest_missing",
                "table": BUCKETED,
                "partition": HOUR,
                "file": "_manifest.json",
                "message": "missing _manifest.json; the files are compared with the catalog only",
                "next_step": "lake run bucket_by_key --table sensors.readings_by_sensor_v1 --since 2026-11-21-09 "
                "--until 2026-11-21-10 --rebuild",
            }
        ],
        "partitions": 1,
        "files": 5,
        "rows": ROWS,
        "bytes": site.partition().number("bytes"),
        "errors": 1,
    }


def test_information_alone_is_no_failure(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    site.run(1, 2, 3, name="o2")
    capsys.readouterr()
    assert run_command(["verify", BUCKETED]) == 0
    out, err = capsys.readouterr()
    assert out == (
        "sensors.readings_by_sensor_v1 dt=2026-11-21-09\n"
        "  information older_than_source: is older than its source, sensors.readings_v1, which was published again "
        "later\n"
        "  next: lake run bucket_by_key --table sensors.readings_by_sensor_v1 --since 2026-11-21-09 "
        "--until 2026-11-21-10\n"
    )
    assert err.endswith(": no errors, 1 for information\n")


def test_quick_reads_no_rows_and_says_so(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    spoilt(site)
    assert run_command(["verify", BUCKETED, "--quick"]) == 1
    out, err = capsys.readouterr()
    assert "wrong_bucket" not in out
    assert re.search(r" checked \(listings, sizes, footers\) in \d+\.\d s: 3 errors\n$", err)


def test_only_the_hours_that_are_asked_for_are_read(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    spoilt(site)
    site.table_name = FLAT
    site.run(1, hour=10)
    site.put_buckets(hour=10)
    for words in (["2026-11-21-10"], ["--since", "2026-11-21-10"], ["--until", HOUR]):
        assert run_command(["verify", BUCKETED, *words]) == 0
    assert run_command(["verify", BUCKETED, "--since", HOUR, "--until", "2026-11-21-10"]) == 1


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (["2026-11-21-11"], "dt=2026-11-21-11: partition not found; `lake status` lists what is published"),
        (["2026-11-21"], "reading the hour '2026-11-21': expected YYYY-MM-DD-HH in UTC"),
        (["--since", "yesterday"], "reading the hour 'yesterday'"),
        ([HOUR, "--since", HOUR], "expected hours or a range (--since, --until), got both"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    words: list[str], shown: str, site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(["verify", BUCKETED, *words]) == 2
    assert shown in capsys.readouterr().err


def test_a_table_that_no_contract_describes_is_refused(site: Site) -> None:
    assert run_command(["verify", "sensors.reading_v1"]) == 2
