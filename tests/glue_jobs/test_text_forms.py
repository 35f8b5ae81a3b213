"""Tables of lines and of other CSV, from raw objects to published rows: the account, duplicates, quarantine, replay."""

from __future__ import annotations

import gzip
from pathlib import Path

from tests.glue_jobs.harness import Trial
from tests.glue_jobs.written_contracts import write_contract

KEY = {"required": True, "primaryKey": True, "primaryKeyPosition": 1}
COLUMNS = {"id": {"physicalType": "bigint", **KEY}, "state": "string", "detail": "string"}
STRICT = r"(?s)(?P<id>\d+) (?P<state>[a-z]+)(?:\n(?P<detail>.*))?"
WIDER = STRICT.replace("[a-z]", "[a-zA-Z]")


def test_lines_are_rows_duplicates_or_rejected_and_rows_once_the_pattern_takes_them(tmp_path: Path) -> None:
    form = {"sourceFormat": "lines", "linePattern": STRICT, "recordStart": r"\d+ ", "lookbackHours": 1}
    trial = Trial(
        str(tmp_path / "lake"), "shop.logs_v1", write_contract(tmp_path / "c", "shop.logs_v1", COLUMNS, **form)
    )
    trial.land(9, "a", "banner\n1 ok\n  more\n2 BAD\n  why\n3 ok\n")
    trial.land(9, "b.gz", gzip.compress(b"1 ok\n  more\n3 other\n4 ok"))
    trial.run()
    rows = [(1, "ok", "  more", None), (3, "ok", None, None), (4, "ok", None, None)]
    assert [tuple(row.values()) for row in trial.rows().to_pylist()] == rows
    assert trial.rejected() == [
        ("conflicting_duplicate", "b.gz", b"3 other"),
        ("malformed_line", "a", b"2 BAD\n  why"),
        ("malformed_line", "a", b"banner"),
    ]
    assert trial.counts() == {"records": 7, "rows": 3, "duplicates": 1, "quarantined": 3}
    write_contract(tmp_path / "c", "shop.logs_v1", COLUMNS, **{**form, "linePattern": WIDER})
    assert trial.outcomes() == {"09": "published"}
    assert [row["id"] for row in trial.rows().to_pylist()] == [1, 2, 3, 4]
    assert trial.counts() == {"records": 7, "rows": 4, "duplicates": 1, "quarantined": 2}


def test_csv_of_another_form_is_rows_and_a_change_of_its_form_reads_it_again(tmp_path: Path) -> None:
    form = {"sourceFormat": "csv", "delimiter": "tab", "quote": "none", "header": False, "commentPrefix": "#"}
    contracts = write_contract(tmp_path / "c", "shop.logs_v1", COLUMNS, **form)
    trial = Trial(str(tmp_path / "lake"), "shop.logs_v1", contracts)
    trial.land(9, "a", '#fields\tid\tstate\n1\tsay "hi"\t\n2\tb\n3\tc\td\n#close')
    trial.run()
    rows = [(1, 'say "hi"', None, None), (3, "c", "d", None)]
    assert [tuple(row.values()) for row in trial.rows().to_pylist()] == rows
    assert trial.rejected() == [("malformed_csv", "a", b"2\tb")]
    assert trial.counts() == {"records": 3, "rows": 2, "duplicates": 0, "quarantined": 1}
    assert trial.outcomes() == {}
    write_contract(tmp_path / "c", "shop.logs_v1", COLUMNS, **{**form, "commentPrefix": "##"})
    trial.run()
    assert trial.counts() == {"records": 5, "rows": 2, "duplicates": 0, "quarantined": 3}


def test_skipped_records_of_csv_are_in_the_account_and_rows_once_the_rule_is_gone(tmp_path: Path) -> None:
    form = {"sourceFormat": "csv", "lookbackHours": 1}
    rule = {"skipRecords": [{"field": "kind", "equals": ["ping", "test"]}]}
    contracts = write_contract(tmp_path / "c", "shop.logs_v1", COLUMNS, **form, **rule)
    trial = Trial(str(tmp_path / "lake"), "shop.logs_v1", contracts)
    trial.land(9, "a", "id,kind,state\n1,view,ok\n2,ping,ok\nx,view,ok\n1,view,ok\n")
    trial.land(9, "b.gz", gzip.compress(b"id,kind,state\n3,test,ok\n2,ping,ok\n"))
    assert trial.outcomes() == {"09": "published"}
    names = ("records", "rows", "duplicates", "quarantined", "skipped")
    assert trial.counts(names) == dict(zip(names, (6, 1, 1, 1, 3), strict=True))
    assert trial.rejected() == [("wrong_type", "a", b"x,view,ok")]
    assert trial.outcomes() == {}
    write_contract(tmp_path / "c", "shop.logs_v1", COLUMNS, **form)
    assert trial.outcomes() == {"09": "published"}
    assert [row["id"] for row in trial.rows().to_pylist()] == [1, 2, 3]
    assert trial.counts(names) == dict(zip(names, (6, 3, 2, 1, 0), strict=True))
