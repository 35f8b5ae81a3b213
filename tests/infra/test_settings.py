"""The settings file: what it may say, and one message for each wrong value, with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.cron import cron_problem
from infra.settings import Settings
from infra.settings_file import SettingsError, read_settings
from tests.conftest import REPOSITORY

CONTRACTS = REPOSITORY / "contracts"
LEAST = 'account: "111122223333"\nregion: eu-central-1\nprefix: shop\n'


def settings_of(tmp_path: Path, text: str) -> Settings:
    file = tmp_path / "lake.yaml"
    file.write_text(text, encoding="utf-8")
    return read_settings(file, CONTRACTS)


def problems_of(tmp_path: Path, text: str) -> list[str]:
    """The message's lines after the first, without the file's folder."""
    with pytest.raises(SettingsError) as raised:
        settings_of(tmp_path, text)
    assert raised.value.exit_code == 2
    return [line.removeprefix(f"{tmp_path}/") for line in str(raised.value).splitlines()[1:]]


def test_three_values_are_enough_and_every_contract_is_a_table(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, LEAST)
    contracts = {f"{path.parent.name}.{path.name.removesuffix('.odcs.yaml')}" for path in CONTRACTS.glob("*/*.yaml")}
    assert set(settings.by_name) == contracts
    assert settings.bucket == "shop-lake-111122223333-eu-central-1"
    assert settings.cron == "cron(10 * * * ? *)"
    assert settings.by_name["taxi.trips_v1"].retention_days == 3650
    assert settings.by_name["clickstream.events_v1"].retention_days == 400


def test_the_example_is_valid() -> None:
    settings = read_settings(REPOSITORY / "infra" / "lake.example.yaml", CONTRACTS)
    assert sorted(settings.applications) == ["event_counts", "sessions"]
    assert {name: stream.partition_key for name, stream in settings.streams.items()} == {
        "clickstream.events_v1": "user_id"
    }


@pytest.mark.parametrize(
    ("name", "script"),
    [
        ("clickstream.events_v1", "raw_to_parquet.py"),
        ("clickstream.events_by_user_v1", "bucket_by_key.py"),
        ("clickstream.sessions_by_day_v1", "sessions.py"),
        ("clickstream.event_counts_by_day_v1", "event_counts.py"),
    ],
)
def test_a_table_s_contract_decides_its_script(tmp_path: Path, name: str, script: str) -> None:
    assert settings_of(tmp_path, LEAST).by_name[name].script == script
    assert (REPOSITORY / "glue_jobs" / script).is_file()


@pytest.mark.parametrize(
    ("added", "problem"),
    [
        ("cron: cron(10 * * * * *)", "4: cron: expected cron(minutes hours day-of-month month"),
        ("tables: [clickstream.event_v1]", "did you mean 'clickstream.events_v1'?"),
        ("tables: [clickstream.events_by_user_v1]", "its source clickstream.events_v1 among the tables too"),
        ("tables:\n  taxi.trips_v1: {retention_days: 90}", "retention_days: expected whole days, more than 90"),
        ("tables:\n  taxi.trips_v1: {worker_type: G1X}", "5: tables.taxi.trips_v1.worker_type: expected one of G.1X"),
        ("tables:\n  taxi.trips_v1: {workers: 1}", "5: tables.taxi.trips_v1.workers: expected 2 workers at least"),
        ("tables:\n  taxi.trips_v1: {workers: two}", "trips_v1.workers: expected a whole number, got 'two'"),
        ("quicksight: data-team", "4: quicksight: expected a user's or group's ARN, arn:aws:quicksight:"),
        ("kms_key: alias/lake", "4: kms_key: expected a key's ARN, arn:aws:kms:"),
        ("mail: on-call", "4: mail: expected a list of mail addresses, got 'on-call'"),
        ("glue_version: 5.1", "4: glue_version: expected one of '5.1', '6.0', in quotes, got 5.1"),
        ("applications: {session: {}}", "4: applications.session: expected one of sessions, event_counts"),
        ("applications:\n  sessions: {properties: {gab: 30m}}", "unknown property gab; did you mean 'gap'?"),
        ("iot: [{topic: a/b, table: clickstream.sessions_by_day_v1}]", "4: iot.0.table: expected a raw table"),
        ("streams:\n  web.events_v1: {retention_hours: 12}", "5: streams.web.events_v1.retention_hours: expected 24"),
        ("crawlers: [shop.order]", "DATABASE.NAME of a file of crawlers/; did you mean 'shop.orders'?"),
        ("tables: 5", "4: tables: expected a list or a mapping, got 5"),
        ("uploads: taxi.trips_v1", "4: uploads: expected a list, got 'taxi.trips_v1'"),
        (
            "tables: [clickstream.events_v1]\napplications: {sessions: {}}",
            "5: applications.sessions: expected clickstream.sessions_v1 among the tables",
        ),
        ("bukcet_name: x", "4: bukcet_name: expected one of the settings"),
        ("vpc: {subnets: [subnet-1]}", "4: vpc.security_groups: expected a list of names"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_one_message_with_its_line_and_what_was_expected(
    tmp_path: Path, added: str, problem: str
) -> None:
    found = problems_of(tmp_path, LEAST + added + "\n")
    assert len([line for line in found if problem in f"{line.removeprefix('lake.yaml:')}"]) == 1, found
    assert all(line.startswith("lake.yaml:") for line in found)


def test_all_problems_are_shown_at_once_in_the_order_of_lines(tmp_path: Path) -> None:
    found = problems_of(tmp_path, "account: 111122223333\nregion: frankfurt\nprefix: Shop_\n")
    assert [line.partition(",")[0] for line in found] == [
        "lake.yaml:1: account: expected an account of 12 digits",
        "lake.yaml:2: region: expected a region",
        "lake.yaml:3: prefix: expected 2 to 20 lower-case letters",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- a\n", ":1: expected a mapping with account, region and prefix"),
        ("a: [\n", "no valid YAML"),
        (None, "file not found; copy infra/lake.example.yaml to it"),
    ],
)
def test_a_file_that_is_no_settings_is_one_message(tmp_path: Path, text: str | None, message: str) -> None:
    file = tmp_path / "lake.yaml"
    if text is not None:
        file.write_text(text)
    with pytest.raises(SettingsError) as raised:
        read_settings(file, CONTRACTS)
    assert message in str(raised.value)


@pytest.mark.parametrize(
    "cron",
    [
        "cron(10 * * * ? *)",
        "cron(0/15 0-6 ? * MON-FRI *)",
        "cron(0 0 L * ? 2026)",
        "cron(5,35 12 1W JAN,JUL ? *)",
        "cron(15 8 ? * 6L *)",
        "cron(0 0 ? * 2#1 *)",
    ],
)
def test_glue_takes_these_schedules(cron: str) -> None:
    assert cron_problem(cron) is None


@pytest.mark.parametrize(
    ("cron", "problem"),
    [
        ("10 * * * ? *", "cron(minutes hours"),
        ("cron(10 * * * ?)", "cron(minutes hours"),
        ("cron(10 * * * * *)", "exactly one of day-of-month and day-of-week"),
        ("cron(10 * ? * ? *)", "exactly one of day-of-month and day-of-week"),
        ("cron(60 * * * ? *)", "minutes are 0 to 59, found '60'"),
        ("cron(0 24 * * ? *)", "hours are 0 to 23, found '24'"),
        ("cron(0 0 * * MOON *)", "day-of-week are 1 to 7, found 'MOON'"),
        ("cron(0/2 * * * ? *)", "not more often than every 5 minutes"),
        ("cron(58,1 * * * ? *)", "not more often than every 5 minutes"),
        ("rate(1 hour)", "cron(minutes hours"),
        (10, "cron(minutes hours"),
    ],
)
def test_glue_refuses_these_schedules(cron: object, problem: str) -> None:
    assert problem in (cron_problem(cron) or "")
