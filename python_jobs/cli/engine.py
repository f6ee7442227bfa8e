"""SQL on the target's engine, with bound parameters: results as one Arrow table."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from python_jobs.platform.aws_errors import explained, problem
from python_jobs.platform.errors import PlatformError, RunError
from python_jobs.platform.settings import Settings

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

_Rows = TypeVar("_Rows")

Value = str | int | float
"""A bound parameter; the SQL casts it to what it needs."""


def relation(settings: Settings, layer: str, name: str) -> str:
    """Return the table's name in SQL: the layer is the schema, on Athena prefixed."""
    if settings.target == "duckdb":
        return f"{layer}.{name}"
    return f"{settings.schema_prefix}_{layer}.{name}"


def read_sql(
    settings: Settings, sql: str, *, parameters: Sequence[Value] = ()
) -> "pa.Table":
    """Run a query on the target's engine.

    Parameters
    ----------
    settings
        Target and locations.
    sql
        Query with one ``?`` per parameter.
    parameters
        Values in the order of their ``?``; bound, never pasted.

    Raises
    ------
    PlatformError
        If the engine cannot be reached.
    RunError
        If the query fails.
    """
    if settings.target == "duckdb":
        return _query_duckdb(
            settings, sql, parameters, take=lambda found: found.to_arrow_table()
        )
    return _read_athena(settings, sql, parameters)


def read_rows(
    settings: Settings, sql: str, *, parameters: Sequence[Value] = ()
) -> list[dict[str, Any]]:
    """Run a query of few rows, a row a mapping: without arrow, slow to import.

    Raises
    ------
    PlatformError, RunError
        See `read_sql`.
    """
    if settings.target == "duckdb":
        return _query_duckdb(settings, sql, parameters, take=_mappings)
    rows: list[dict[str, Any]] = _read_athena(settings, sql, parameters).to_pylist()
    return rows


def has_relation(settings: Settings, layer: str, name: str) -> bool:
    """Return whether a table or view has been built."""
    if settings.target == "duckdb":
        if not settings.database.exists():
            return False
        schema = layer
    else:
        schema = f"{settings.schema_prefix}_{layer}"
    found = read_rows(
        settings,
        "select 1 as one from information_schema.tables"
        " where table_schema = ? and table_name = ?",
        parameters=(schema, name),
    )
    return bool(found)


def _query_duckdb(
    settings: Settings,
    sql: str,
    parameters: Sequence[Value],
    *,
    take: "Callable[[duckdb.DuckDBPyRelation], _Rows]",
) -> _Rows:
    """Run a query and return what is taken of it while the file is open."""
    import duckdb  # noqa: PLC0415 - slow import

    path = settings.database
    if not path.exists():
        raise PlatformError(f"{path} does not exist → run `capacity run` first")
    try:
        connection = duckdb.connect(str(path), read_only=True)
    except duckdb.IOException as error:
        raise PlatformError(
            f"{path} cannot be opened: {_one_line(error)}"
            " → close the program that writes to it, or let it open the file read-only"
        ) from None
    with connection:
        # as in the profile
        connection.execute("set TimeZone = 'UTC'; set integer_division = true")
        try:
            return take(connection.sql(sql, params=list(parameters)))
        except duckdb.CatalogException as error:
            raise RunError(f"{_one_line(error)} → run `capacity build` first") from None
        except duckdb.Error as error:
            raise RunError(
                f"the query failed: {_one_line(error)} → check the parameters"
            ) from None


def _mappings(found: "duckdb.DuckDBPyRelation") -> list[dict[str, Any]]:
    columns = found.columns
    return [dict(zip(columns, row, strict=True)) for row in found.fetchall()]


def _read_athena(
    settings: Settings, sql: str, parameters: Sequence[Value]
) -> "pa.Table":
    import pyarrow as pa  # noqa: PLC0415 - slow import
    from pyathena.error import Error  # noqa: PLC0415 - not needed on the default target

    from python_jobs.platform.athena import connection  # noqa: PLC0415

    try:
        with connection(settings) as opened:
            cursor = opened.cursor()
            literals = [athena_literal(value) for value in parameters] or None
            cursor.execute(sql, literals, paramstyle="qmark")
            names = [column[0] for column in cursor.description or ()]
            rows = cursor.fetchall()
    except Error as error:
        known = explained(error) if problem(str(error)) else None
        raise known or RunError(
            f"Athena refused the query: {_one_line(error)} → check the parameters"
            " and `capacity doctor`"
        ) from None
    columns: list[list[Any]] = [list(column) for column in zip(*rows, strict=True)]
    arrays = [pa.array(column) for column in columns] or [pa.nulls(0)] * len(names)
    return pa.table(arrays, names=names)


def athena_literal(value: Value) -> str:
    """Return a value as Athena wants an execution parameter: a SQL literal.

    A text is quoted with its quotes doubled, so it can only be a text; a number is
    written with an exponent, because a bare 0.5 would be a DECIMAL.
    """
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    if isinstance(value, float):
        return repr(value) if "e" in repr(value) else f"{value!r}e0"
    return str(value)


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())
