"""Results of queries: pages of rows over the API, and a file in S3."""

from dataclasses import dataclass, field
from typing import Any

from athena_local.column_types import column_info
from athena_local.failures import ApiError
from athena_local.trino_client import Answer
from athena_local.values import text

PAGE_ROWS = 1000
"""Rows of a page, at most and if nothing is asked; the header is one of them."""

Row = list[str | None]


@dataclass
class Result:
    """What a query has to show.

    Attributes
    ----------
    columns
        As ``GetQueryResults`` describes them.
    rows
        Texts; the header is no row here.
    has_header
        Whether the first row of the first page names the columns.
    update_count
        Rows that a writing statement wrote.
    """

    columns: list[dict[str, Any]] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    has_header: bool = False
    update_count: int = 0

    @property
    def shown(self) -> list[Row]:
        """The rows as the API counts them, the header included."""
        if not self.has_header or not self.columns:
            return self.rows
        return [[column["Name"] for column in self.columns], *self.rows]


def result(answer: Answer, *, has_header: bool, shows_rows: bool) -> Result:
    """Return the result of a statement's last answer.

    Parameters
    ----------
    answer
        Trino's.
    has_header
        Whether the rows have a header: those of DDL, SHOW and EXPLAIN have none.
    shows_rows
        Whether it has rows: a statement that writes counts them only.
    """
    if not shows_rows:
        return Result(update_count=answer.update_count or 0)
    signatures = [column["typeSignature"] for column in answer.columns]
    rows = [
        [text(value, kind) for value, kind in zip(row, signatures, strict=True)]
        for row in answer.rows
    ]
    columns = [column_info(column) for column in answer.columns]
    return Result(columns, rows, has_header)


def page(shown: Result, *, token: str | None, limit: int | None) -> dict[str, Any]:
    """Return one page as ``GetQueryResults`` answers it.

    Raises
    ------
    ApiError
        For a token of no page, or a limit that Athena does not take.
    """
    size = PAGE_ROWS if limit is None else limit
    if not 1 <= size <= PAGE_ROWS:
        raise ApiError(f"MaxResults is more than maximum allowed length {PAGE_ROWS}.")
    rows = shown.shown
    start = _start(token, len(rows))
    answer: dict[str, Any] = {
        "UpdateCount": shown.update_count,
        "ResultSet": {
            "Rows": [_row(row) for row in rows[start : start + size]],
            "ResultSetMetadata": {"ColumnInfo": shown.columns},
        },
    }
    if start + size < len(rows):
        answer["NextToken"] = str(start + size)
    return answer


def _start(token: str | None, count: int) -> int:
    if token is None:
        return 0
    if not token.isdigit() or int(token) >= count:
        raise ApiError("Invalid next token.")
    return int(token)


def _row(row: Row) -> dict[str, Any]:
    data = [{} if value is None else {"VarCharValue": value} for value in row]
    return {"Data": data}


def csv_file(shown: Result) -> bytes:
    """Return the result as Athena's CSV: all quoted, a null is nothing at all."""
    lines = (",".join(_cell(value) for value in row) for row in shown.shown)
    return "".join(f"{line}\n" for line in lines).encode()


def text_file(shown: Result) -> bytes:
    """Return the result of DDL or SHOW: plain lines."""
    lines = ("\t".join(value or "" for value in row) for row in shown.shown)
    return "".join(f"{line}\n" for line in lines).encode()


def _cell(value: str | None) -> str:
    return "" if value is None else '"' + value.replace('"', '""') + '"'
