"""Athena's statements as steps; the text of a SELECT stays as it was written."""

from collections.abc import Callable

from athena_local import ctas, external_tables, hive_ddl, maintenance, show
from athena_local.failures import ApiError, UnsupportedStatementError
from athena_local.limits import check_clauses, check_functions, check_length
from athena_local.names import table_name
from athena_local.steps import RequireIceberg, Rewritten, Run, WriteViewColumns
from athena_local.tokens import Reader, code_tokens

Rewrite = Callable[[Reader, str, str], Rewritten]
"""Reads one kind of statement, given its database and where new tables go."""


def rewritten(
    statement: str,
    *,
    database: str = "default",
    tables_location: str = "",
    parameters: tuple[str, ...] = (),
) -> Rewritten:
    """Return what a statement of Athena's is to Trino, Glue and S3.

    Parameters
    ----------
    statement
        One statement, with or without comments around it.
    database
        Schema of the names that have none.
    tables_location
        Where a CTAS without a location puts its files.
    parameters
        Literals for the question marks.

    Raises
    ------
    ApiError
        For what Athena refuses before it runs anything.
    """
    check_length(statement)
    statement = with_parameters(statement, parameters)
    check_clauses(statement)
    check_functions(statement)
    reader = Reader(statement)
    if not reader.tokens:
        raise reader.unexpected("<query>")
    for words, rewrite in _REWRITES:
        if reader.at(words):
            return rewrite(reader, database, tables_location)
    raise UnsupportedStatementError


def with_parameters(statement: str, parameters: tuple[str, ...]) -> str:
    """Return the statement with its question marks replaced by literals."""
    if not parameters:
        return statement
    marks = [token for token in code_tokens(statement) if token.text == "?"]
    if len(marks) != len(parameters):
        message = f"expected {len(marks)} but found {len(parameters)}"
        raise ApiError(f"Incorrect number of parameters: {message}")
    for mark, literal in reversed(list(zip(marks, parameters, strict=True))):
        statement = f"{statement[: mark.start]} {literal} {statement[mark.end :]}"
    return statement


def _select(reader: Reader, _database: str, _location: str) -> Rewritten:
    return Rewritten("DML", "SELECT", (Run(reader.rest()),))


def _explain(reader: Reader, _database: str, _location: str) -> Rewritten:
    return Rewritten("DML", "EXPLAIN", (Run(reader.rest()),))


def _insert(reader: Reader, _database: str, _location: str) -> Rewritten:
    return Rewritten("DML", "INSERT", (Run(reader.rest()),))


def _row_change(words: str, substatement: str) -> Rewrite:
    def rewrite(reader: Reader, database: str, _location: str) -> Rewritten:
        sql = Reader(reader.sql).rest()
        reader.expect(words)
        target = RequireIceberg(table_name(reader, database), words.upper())
        return Rewritten("DML", substatement, (target, Run(sql)))

    return rewrite


def _view(words: str) -> Rewrite:
    def rewrite(reader: Reader, database: str, _location: str) -> Rewritten:
        sql = Reader(reader.sql).rest()
        reader.expect(words)
        view = table_name(reader, database)
        return Rewritten("DDL", "CREATE_VIEW", (Run(sql), WriteViewColumns(view)))

    return rewrite


_REWRITES: tuple[tuple[str, Rewrite], ...] = (
    ("select", _select),
    ("with", _select),
    ("values", _select),
    ("table", _select),
    ("(", _select),
    ("explain", _explain),
    ("insert into", _insert),
    ("merge into", _row_change("merge into", "MERGE")),
    ("update", _row_change("update", "UPDATE")),
    ("delete from", _row_change("delete from", "DELETE")),
    ("create or replace view", _view("create or replace view")),
    ("create view", _view("create view")),
    ("create external table", external_tables.create_external_table),
    ("create table", ctas.create_table),
    ("create schema", hive_ddl.create_schema),
    ("create database", hive_ddl.create_schema),
    ("drop schema", hive_ddl.drop_schema),
    ("drop database", hive_ddl.drop_schema),
    ("drop table", hive_ddl.drop_table),
    ("drop view", hive_ddl.drop_view),
    ("alter table", hive_ddl.alter_table),
    ("optimize", maintenance.optimize),
    ("vacuum", maintenance.vacuum),
    ("unload", maintenance.unload),
    ("show", show.show),
    ("describe", show.describe),
)
