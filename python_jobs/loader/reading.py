"""Streams a file into a table of typed rows and a table of broken rules.

The engine works in a file of its own with a memory limit, so that the size of the
delivery does not matter: what does not fit is on disk.
"""

# ruff: noqa: S608 - texts from outside pass literal(), names are our own
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from python_jobs.loader.config import LoaderConfig
from python_jobs.loader.fields import Field, literal
from python_jobs.loader.layout import RefusedFileError
from python_jobs.loader.preflight import SourceFile
from python_jobs.loader.source_rows import source_sql
from python_jobs.platform.errors import PlatformError
from python_jobs.platform.folders import make_private


@dataclass(frozen=True)
class Staging:
    """The rows of one file, typed, in an engine of their own.

    Table ``typed`` holds ``row_number`` and one column per field, only for rows that
    break no rule so far; table ``rejects`` holds ``row_number, rule, column_name,
    value``; view ``source`` holds ``row_number, raw_row, fields``.

    Attributes
    ----------
    connection
        The engine.
    rows_read
        Rows of the file.
    server_id
        SQL of the server of a row of ``source``; null where it has none.
    """

    connection: duckdb.DuckDBPyConnection
    rows_read: int
    server_id: str

    @property
    def rejected_count(self) -> int:
        """Rows that break a rule so far."""
        return int(self.scalar("select count(distinct row_number) from rejects"))

    def scalar(self, sql: str) -> int | float:
        """Return the one number that a query delivers."""
        row = self.first_row(sql)
        return row[0] if row is not None and row[0] is not None else 0

    def first_row(self, sql: str) -> tuple[Any, ...] | None:
        """Return the first row of a short result; None when there is none."""
        rows = self.connection.execute(sql).fetchall()
        return rows[0] if rows else None

    def drop_rejected(self) -> None:
        """Take the rows that were rejected out of ``typed``."""
        self.connection.execute(
            "delete from typed where row_number in (select row_number from rejects)"
        )


@contextmanager
def opened_staging(
    source: SourceFile,
    *,
    fields: Sequence[Field],
    extra_rules: Sequence[tuple[str, str, str]] = (),
    folder: Path,
    config: LoaderConfig,
) -> Iterator[Staging]:
    """Read a file; everything is gone when the ``with`` block ends.

    Parameters
    ----------
    source
        A file that passed the pre-flight.
    fields
        Columns to read.
    extra_rules
        Rules over several columns: name, column and SQL condition.
    folder
        Where the engine may keep what does not fit into memory.

    Raises
    ------
    RefusedFileError
        If the file cannot be read to its end.
    """
    make_private(folder)
    with TemporaryDirectory(dir=folder) as scratch:
        connection = _connect(Path(scratch), config=config)
        try:
            view = source_sql(source, config=config)
            connection.execute(f"create view source as {view}")
            broken = _broken_sql(fields, extra_rules, field_count=len(source.header))
            sql = _typed_sql(fields, broken, config=config)
            _read(connection, sql, source=source)
            rows_read = _split_rejects(connection)
            texts = {
                field.column: field.trimmed(null_tokens=config.null_tokens)
                for field in fields
            }
            yield Staging(
                connection=connection,
                rows_read=rows_read,
                server_id=texts["server_id"],
            )
        finally:
            connection.close()


def _connect(scratch: Path, *, config: LoaderConfig) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(
        str(scratch / "staging.duckdb"),
        config={
            "memory_limit": f"{config.memory_limit_mb}MB",
            "threads": config.threads,
            "temp_directory": str(scratch / "spill"),
        },
    )
    connection.execute("set enable_progress_bar = false")
    connection.execute("set TimeZone = 'UTC'")
    return connection


def _typed_sql(fields: Sequence[Field], broken: str, *, config: LoaderConfig) -> str:
    texts = ", ".join(
        f"{field.trimmed(null_tokens=config.null_tokens)} as text_{field.column}"
        for field in fields
    )
    values = ", ".join(f"{field.typed} as value_{field.column}" for field in fields)
    columns = ", ".join(f"value_{field.column} as {field.column}" for field in fields)
    return f"""
        create table typed as
        with texts as (
            select row_number, len(fields) as field_count, {texts} from source
        ),
        parsed as (select *, {values} from texts)
        select row_number, {columns}, {broken} as violations from parsed
    """


def _broken_sql(
    fields: Sequence[Field],
    extra_rules: Sequence[tuple[str, str, str]],
    *,
    field_count: int,
) -> str:
    """Return the SQL of the rules that a row breaks; null when there is none.

    The list is built for bad rows alone: most rows have none.
    """
    rules = [
        (rule, field.column, condition)
        for field in fields
        for rule, condition in field.rules
    ]
    rules += extra_rules
    is_broken = " or ".join(f"({condition})" for _, _, condition in rules)
    structs = ", ".join(
        f"case when {condition}"
        f" then {_struct(rule, literal(column), f'text_{column}')} end"
        for rule, column, condition in rules
    )
    return f"""
        case
            when field_count is null then [{_struct("bad_quotes", "null", "null")}]
            when field_count != {field_count}
                then [{_struct("field_count", "null", "field_count")}]
            when {is_broken} then list_filter([{structs}], lambda x: x is not null)
        end
    """


def _struct(rule: str, column: str, text: str) -> str:
    return (
        f"{{'rule': {literal(rule)}, 'column_name': cast({column} as varchar),"
        f" 'value': cast({text} as varchar)}}"
    )


def _read(
    connection: duckdb.DuckDBPyConnection, sql: str, *, source: SourceFile
) -> None:
    try:
        connection.execute(sql)
    except duckdb.Error as error:
        if "No space left" in str(error) or isinstance(
            error, duckdb.OutOfMemoryException
        ):
            raise PlatformError(
                f"{source.name}: no room to read it ({error}) → free disk space, or"
                " raise memory_limit_mb of the loader's configuration"
            ) from None
        raise RefusedFileError(
            _engine_message(source, error), rule="unreadable", column="", value=""
        ) from None


def _split_rejects(connection: duckdb.DuckDBPyConnection) -> int:
    """Move broken rules into their own table; return the count of all rows."""
    counts = connection.execute("select count(*) from typed").fetchall()
    connection.execute("""
        create table rejects as
        with broken as (
            select row_number, unnest(violations, recursive := true)
            from typed
            where violations is not null
        )
        select
            row_number,
            rule,
            string_agg(column_name, ', ' order by column_name) as column_name,
            string_agg(value, ', ' order by column_name) as value
        from broken
        group by row_number, rule
    """)
    connection.execute("delete from typed where violations is not null")
    connection.execute("alter table typed drop column violations")
    return int(counts[0][0])


def _engine_message(source: SourceFile, error: duckdb.Error) -> str:
    """Say where the engine stopped, without its advice on its own options."""
    text = str(error)
    line = re.search(r"CSV Error on Line: (\d+)", text)
    where = f"{source.name}:{line.group(1)}" if line else source.name
    too_long = re.search(r"Maximum line size of (\d+) bytes", text)
    if too_long:
        return (
            f"{where} is longer than max_line_bytes {too_long.group(1)}"
            " → look for a missing line end, or raise the limit"
        )
    return f"{where} cannot be read ({text.splitlines()[0]}) → deliver it again"
