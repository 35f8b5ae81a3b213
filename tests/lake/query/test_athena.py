"""Athena as an engine: against moto, which runs no SQL, and against botocore's stub where moto has no such state."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import boto3
import pyarrow as pa
import pytest
from botocore.stub import Stubber

from lake.cli.engines import engine_named
from lake.objects import aws
from lake.query.athena import AthenaEngine, AthenaRefusedError, answer_table
from lake.query.price import athena_dollars
from lake.sql.query_errors import QueryFailedError, StatementError

ID = "11111111-2222-3333-4444-555555555555"
START = {"QueryExecutionId": ID}


def column(name: str, kind: str, precision: int = 0, scale: int = 0) -> dict[str, Any]:
    return {"Name": name, "Type": kind, "Precision": precision, "Scale": scale}


def row(*values: str | None) -> dict[str, Any]:
    return {"Data": [{} if value is None else {"VarCharValue": value} for value in values]}


def page(columns: list[dict[str, Any]], *rows: dict[str, Any]) -> dict[str, Any]:
    return {"Rows": list(rows), "ResultSetMetadata": {"ColumnInfo": columns}}


ALL_TYPES = [
    column("flag", "boolean"),
    column("tiny", "tinyint"),
    column("small", "smallint"),
    column("whole", "integer"),
    column("big", "bigint"),
    column("half", "real"),
    column("ratio", "double"),
    column("money", "decimal", 10, 2),
    column("text", "varchar"),
    column("day", "date"),
    column("at", "timestamp"),
    column("zoned", "timestamp with time zone"),
    column("bytes", "varbinary"),
    column("list", "array"),
]


def test_values_come_in_their_types_and_null_is_not_the_empty_text() -> None:
    header = row(*(each["Name"] for each in ALL_TYPES))
    first = row(
        *("true", "-1", "2", "3", str(2**63 - 1), "1.5", "NaN", "0.10", "", "2026-11-21", "2026-11-21 09:01:02.003"),
        *("2026-11-21 11:01:02.003 Europe/Berlin", "ff 00", "[1, 2]"),
    )
    table = answer_table([page(ALL_TYPES, header, first, row(*[None] * len(ALL_TYPES)))], has_header=True)
    at = datetime(2026, 11, 21, 9, 1, 2, 3000, tzinfo=UTC).replace(tzinfo=None)
    assert table.schema.types == [
        *(pa.bool_(), pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.float32(), pa.float64(), pa.decimal128(10, 2)),
        *(pa.string(), pa.date32(), pa.timestamp("us"), pa.timestamp("us", tz="UTC"), pa.binary(), pa.string()),
    ]
    values = table.to_pylist()[0]
    assert str(values.pop("ratio")) == "nan"
    assert values == {
        **{"flag": True, "tiny": -1, "small": 2, "whole": 3, "big": 2**63 - 1, "half": 1.5, "money": Decimal("0.10")},
        **{"text": "", "day": date(2026, 11, 21), "at": at, "bytes": b"\xff\x00", "list": "[1, 2]"},
        "zoned": datetime(2026, 11, 21, 10, 1, 2, 3000, tzinfo=UTC),
    }
    assert table.to_pylist()[1] == dict.fromkeys(table.column_names)


def test_an_answer_without_rows_keeps_its_types() -> None:
    columns = [column("a", "bigint"), column("b", "varchar")]
    table = answer_table([page(columns, row("a", "b"))], has_header=True)
    assert (table.num_rows, table.schema) == (0, pa.schema([("a", pa.int64()), ("b", pa.string())]))


def test_a_listings_first_row_is_no_header() -> None:
    columns = [column("tab_name", "varchar")]
    assert answer_table([page(columns, row("tab_name"), row("t"))], has_header=False).num_rows == 2


def test_two_columns_may_have_one_name() -> None:
    columns = [column("a", "bigint"), column("a", "bigint")]
    table = answer_table([page(columns, row("a", "a"), row("1", "2"))], has_header=True)
    assert [each.to_pylist() for each in table.columns] == [[1], [2]]


def test_a_value_that_is_none_of_its_type_is_named() -> None:
    with pytest.raises(QueryFailedError, match="expected bigint in the column a"):
        answer_table([page([column("a", "bigint")], row("x"))], has_header=True)


def test_moto_answers_a_query_from_start_to_rows(aws: str) -> None:
    results = {
        "results": [
            {
                "rows": [row("sensor", "n"), row("s1", "7")],
                "column_info": [column("sensor", "varchar"), column("n", "bigint")],
            }
        ]
    }
    body = json.dumps(results).encode()
    headers = {"Content-Type": "application/json"}
    url = f"{aws}/moto-api/static/athena/query-results"
    urllib.request.urlopen(urllib.request.Request(url, body, headers, method="POST")).close()
    boto3.client("athena").create_work_group(Name="analysts", Configuration={})
    engine = engine_named("athena", "/nowhere", lambda _: None, "analysts", "s3://answers/here")
    result = engine.run("SELECT sensor, count(*) AS n FROM sensors.readings GROUP BY 1", "sensors")
    assert result.table.to_pylist() == [{"sensor": "s1", "n": 7}]
    assert (result.engine, result.bytes, result.facts["dollars"]) == ("athena", 0, 0.0)
    execution = boto3.client("athena").get_query_execution(QueryExecutionId=str(result.facts["execution_id"]))
    assert execution["QueryExecution"]["WorkGroup"] == "analysts"
    assert execution["QueryExecution"]["QueryExecutionContext"] == {"Catalog": "AwsDataCatalog", "Database": "sensors"}
    assert execution["QueryExecution"]["ResultConfiguration"]["OutputLocation"].startswith("s3://answers/here/")


def test_a_workgroup_that_is_not_there_is_named(aws: str) -> None:
    with pytest.raises(AthenaRefusedError, match="workgroup nobody not found in this region: correct --workgroup"):
        AthenaEngine("nobody").run("SELECT 1")


def test_what_would_write_is_refused_before_anything_is_asked() -> None:
    with pytest.raises(StatementError, match="refusing DROP"):
        AthenaEngine().run("DROP TABLE sensors.readings_v1")


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubber]:
    """Athena's client, whose answers the test writes down; nothing is waited for."""
    client = boto3.client("athena", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
    monkeypatch.setattr(aws, "client", lambda _: client)
    monkeypatch.setattr("lake.query.athena.time.sleep", lambda _: None)
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def execution(state: str, kind: str = "DML", reason: str = "", scanned: int = 0) -> dict[str, Any]:
    status = {"State": state, **({"StateChangeReason": reason} if reason else {})}
    return {"QueryExecution": {"StatementType": kind, "Status": status, "Statistics": {"DataScannedInBytes": scanned}}}


def test_an_answer_of_several_pages_is_read_whole_and_its_price_shown(stub: Stubber) -> None:
    columns = [column("n", "bigint")]
    stub.add_response("start_query_execution", START)
    for state in ("QUEUED", "RUNNING", "RUNNING"):
        stub.add_response("get_query_execution", execution(state))
    stub.add_response("get_query_execution", execution("SUCCEEDED", scanned=2**40))
    asked = {"QueryExecutionId": ID, "MaxResults": 1000}
    stub.add_response("get_query_results", {"ResultSet": page(columns, row("n"), row("1")), "NextToken": "a"}, asked)
    stub.add_response(
        "get_query_results", {"ResultSet": page(columns, row("2")), "NextToken": "b"}, {**asked, "NextToken": "a"}
    )
    stub.add_response("get_query_results", {"ResultSet": page(columns, row("3"))}, {**asked, "NextToken": "b"})
    result = AthenaEngine().run("SELECT n FROM t")
    assert result.table.column(0).to_pylist() == [1, 2, 3]
    assert (result.bytes, result.facts) == (2**40, {"execution_id": ID, "dollars": athena_dollars(2**40)})


def test_show_costs_nothing_and_has_no_header(stub: Stubber) -> None:
    stub.add_response("start_query_execution", START)
    stub.add_response("get_query_execution", execution("SUCCEEDED", kind="UTILITY"))
    stub.add_response("get_query_results", {"ResultSet": page([column("tab_name", "varchar")], row("readings"))})
    result = AthenaEngine().run("SHOW TABLES IN sensors")
    assert (result.table.to_pylist(), result.facts["dollars"]) == ([{"tab_name": "readings"}], 0.0)


@pytest.mark.parametrize(
    ("state", "reason", "message"),
    [
        ("FAILED", "TABLE_NOT_FOUND: line 1:15: Table x does not exist", "on Athena: TABLE_NOT_FOUND: line 1:15"),
        ("FAILED", "", "no reason given"),
        ("CANCELLED", "Bytes scanned limit was exceeded", "it was cancelled \\(Bytes scanned limit was exceeded"),
    ],
)
def test_a_query_that_fails_says_athenas_reason(state: str, reason: str, message: str, stub: Stubber) -> None:
    stub.add_response("start_query_execution", START)
    stub.add_response("get_query_execution", execution("RUNNING"))
    stub.add_response("get_query_execution", execution(state, reason=reason))
    with pytest.raises(QueryFailedError, match=message) as error:
        AthenaEngine().run("SELECT 1")
    assert ID in str(error.value)


@pytest.mark.parametrize(
    ("code", "text", "message"),
    [
        (
            "InvalidRequestException",
            "No output location provided. An output location is required either through the Workgroup result "
            "configuration setting or as an API input.",
            "the workgroup primary has no output location: name one with --output",
        ),
        ("InvalidRequestException", "WorkGroup primary is not found.", "workgroup primary not found"),
        ("AccessDeniedException", "not authorized", "access denied: .* must allow StartQueryExecution"),
        ("TooManyRequestsException", "Rate exceeded", "throttled the request, or too many queries run at once"),
        ("InvalidRequestException", "Queries of this type are not supported", "Queries of this type are not supported"),
    ],
)
def test_a_refusal_says_what_to_do(code: str, text: str, message: str, stub: Stubber) -> None:
    stub.add_client_error("start_query_execution", code, text, 400)
    with pytest.raises(AthenaRefusedError, match=message):
        AthenaEngine().run("SELECT 1")


def test_ctrl_c_stops_the_query_at_athenas_too(stub: Stubber, monkeypatch: pytest.MonkeyPatch) -> None:
    def pressed(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("lake.query.athena.time.sleep", pressed)
    stub.add_response("start_query_execution", START)
    stub.add_response("get_query_execution", execution("RUNNING"))
    stub.add_response("stop_query_execution", {}, {"QueryExecutionId": ID})
    with pytest.raises(KeyboardInterrupt):
        AthenaEngine().run("SELECT 1")
