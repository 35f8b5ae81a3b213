"""Athena itself, through boto3: start, wait, stop where the person does, and read the answer page by page."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from lake.objects import aws
from lake.query.answer_types import AnswerType, answer_type
from lake.query.price import athena_dollars
from lake.query.result import Result
from lake.sql.query_errors import QueryError, QueryFailedError
from lake.sql.statement import read_only

_FIRST_WAIT, _LONGEST_WAIT = 0.2, 5.0
_THROTTLED = ("TooManyRequestsException", "ThrottlingException", "Throttling")


class AthenaRefusedError(QueryError):
    """Athena refused the query, or could not be reached; the message says what to set or to allow."""


@dataclass(frozen=True)
class AthenaEngine:
    """Athena in the region of this process's AWS settings.

    `workgroup` is `primary` where none is given; `output` is where answers are written (s3://...), and may be left
    out where the workgroup has such a location.
    """

    workgroup: str | None = None
    output: str | None = None

    def run(self, sql: str, database: str | None = None) -> Result:
        """Answer the query. Ctrl-C stops it at Athena, too.

        Raises QueryFailedError with Athena's reason, AthenaRefusedError, and StatementError for what would write.
        """
        read_only(sql)
        started = time.monotonic()
        client: Any = aws.client("athena")
        execution_id = self._start(client, sql, database)
        try:
            execution = _finished(client, execution_id)
            is_select = execution.get("StatementType") == "DML"
            with _explained(self.workgroup):
                table = answer_table(_pages(client, execution_id), is_select)
        except KeyboardInterrupt:
            with suppress(*aws.AWS_ERRORS):
                client.stop_query_execution(QueryExecutionId=execution_id)
            raise
        scanned = int(execution.get("Statistics", {}).get("DataScannedInBytes", 0))
        dollars = athena_dollars(scanned) if is_select else 0.0
        facts: dict[str, str | int | float] = {"execution_id": execution_id, "dollars": dollars}
        return Result(table, scanned, True, time.monotonic() - started, sql, "athena", facts=facts)

    def _start(self, client: Any, sql: str, database: str | None) -> str:
        context = {"Catalog": "AwsDataCatalog", **({"Database": database} if database else {})}
        options: dict[str, Any] = {"WorkGroup": self.workgroup} if self.workgroup else {}
        if self.output:
            options["ResultConfiguration"] = {"OutputLocation": self.output}
        with _explained(self.workgroup):
            answer = client.start_query_execution(QueryString=sql, QueryExecutionContext=context, **options)
        return str(answer["QueryExecutionId"])


def _finished(client: Any, execution_id: str) -> dict[str, Any]:
    """What Athena says of the execution once it has succeeded."""
    wait = _FIRST_WAIT
    while True:
        with _explained(None):
            execution: dict[str, Any] = client.get_query_execution(QueryExecutionId=execution_id)["QueryExecution"]
        status = execution["Status"]
        reason = (
            status.get("StateChangeReason") or status.get("AthenaError", {}).get("ErrorMessage") or "no reason given"
        )
        match status["State"]:
            case "SUCCEEDED":
                return execution
            case "FAILED":
                raise QueryFailedError(f"running the query on Athena: {reason} (execution {execution_id})")
            case "CANCELLED":
                raise QueryFailedError(
                    f"running the query on Athena: it was cancelled ({reason}; execution {execution_id}). "
                    "A workgroup may limit the bytes of a query: filter on dt, ask for fewer columns, or see --explain."
                )
        time.sleep(wait)
        wait = min(wait * 1.5, _LONGEST_WAIT)


def _pages(client: Any, execution_id: str) -> Iterator[dict[str, Any]]:
    options: dict[str, str] = {}
    while True:
        page = client.get_query_results(QueryExecutionId=execution_id, MaxResults=1000, **options)
        yield page["ResultSet"]
        if not page.get("NextToken"):
            return
        options = {"NextToken": page["NextToken"]}


def answer_table(pages: Iterable[dict[str, Any]], has_header: bool) -> pa.Table:
    """The rows of all pages (each a ResultSet of GetQueryResults), in the types that the first one names.

    A SELECT's first row repeats the columns' names. A value that is absent is NULL, and '' is the empty text: the API
    distinguishes them. Arrays, maps and rows come as one text that cannot be read back with certainty: they stay texts.
    Raises QueryFailedError for a value that is not of its type.
    """
    described: list[dict[str, Any]] = []
    types: list[AnswerType] = []
    batches: list[list[pa.Array]] = []
    for number, page in enumerate(pages):
        rows = page.get("Rows", [])
        if number == 0:
            described = page["ResultSetMetadata"]["ColumnInfo"]
            types = [_column_type(column) for column in described]
            if has_header and rows and _texts(rows[0], len(types)) == [column["Name"] for column in described]:
                rows = rows[1:]
        columns = list(zip(*(_texts(row, len(types)) for row in rows), strict=True)) or [()] * len(types)
        batches.append([_array(*column) for column in zip(described, types, columns, strict=True)])
    schema = pa.schema([pa.field(column["Name"], kind.arrow) for column, kind in zip(described, types, strict=True)])
    return pa.Table.from_batches([pa.record_batch(arrays, schema=schema) for arrays in batches], schema)


def _column_type(column: dict[str, Any]) -> AnswerType:
    name = column["Type"].lower()
    if name == "decimal":
        name = f"decimal({column.get('Precision', 38)}, {column.get('Scale', 0)})"
    return answer_type(name, bytes.fromhex)


def _array(column: dict[str, Any], kind: AnswerType, texts: Sequence[str | None]) -> pa.Array:
    try:
        return kind.array(texts)
    except (ValueError, ArithmeticError, pa.ArrowException) as error:
        expected = f"expected {column['Type']} in the column {column['Name']}"
        raise QueryFailedError(f"reading Athena's answer: {expected}: {error}") from error


def _texts(row: dict[str, Any], width: int) -> list[str | None]:
    texts = [datum.get("VarCharValue") for datum in row.get("Data", [])]
    return [*texts, *[None] * (width - len(texts))]


@contextmanager
def _explained(workgroup: str | None) -> Iterator[None]:
    try:
        yield
    except aws.AWS_ERRORS as error:
        raise AthenaRefusedError(f"querying Athena: {_next_step(error, workgroup or 'primary')}") from error


def _next_step(error: BaseException, workgroup: str) -> str:
    text, lower = str(error), str(error).lower()
    if aws.error_code(error) in _THROTTLED:
        return "Athena throttled the request, or too many queries run at once; retry later"
    if "output location" in lower or "outputlocation" in lower:
        return (
            f"the workgroup {workgroup} has no output location: name one with --output s3://bucket/prefix "
            f"(LAKE_ATHENA_OUTPUT), or set it in the workgroup ({text})"
        )
    if "workgroup" in lower and ("not found" in lower or "not exist" in lower):
        return f"workgroup {workgroup} not found in this region: correct --workgroup (LAKE_ATHENA_WORKGROUP)"
    return aws.next_step(error)
