"""Bring incoming arrow tables into a declared shape, or say what is wrong."""

import pyarrow as pa
import pyarrow.compute as pc

from python_jobs.platform.errors import RunError
from python_jobs.store.schema import Kind, TableColumn, TableSchema, arrow_type


def conformed(table: pa.Table, *, schema: TableSchema) -> pa.Table:
    """Return the table with exactly the declared columns, order and types.

    Parameters
    ----------
    table
        Rows to write; columns in any order. Integers become numbers where a number is
        declared; text never becomes anything else.
    schema
        The declared table.

    Raises
    ------
    RunError
        If a column is missing, unknown or of another kind, a key is null, or a number
        is not finite (a missing number is null, never NaN).
    """
    _check_names(table, schema=schema)
    arrays = [_conformed_column(table, column, schema) for column in schema.columns]
    return pa.Table.from_arrays(arrays, schema=schema.arrow_schema)


def _check_names(table: pa.Table, *, schema: TableSchema) -> None:
    declared = schema.column_names
    missing = [name for name in declared if name not in table.column_names]
    if missing:
        raise RunError(
            f"{schema.name}: column {', '.join(missing)} is missing; expected"
            f" {', '.join(declared)} → write every declared column, null where unknown"
        )
    unknown = [name for name in table.column_names if name not in declared]
    if unknown:
        raise RunError(
            f"{schema.name}: column {', '.join(unknown)} is not declared; expected"
            f" {', '.join(declared)} → drop it or declare it"
        )
    if len(table.column_names) != len(declared):
        raise RunError(
            f"{schema.name}: a column name is there twice; expected"
            f" {', '.join(declared)} → write each column once"
        )


def _conformed_column(
    table: pa.Table, column: TableColumn, schema: TableSchema
) -> pa.ChunkedArray:
    values = table.column(column.name)
    if pa.types.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    target = arrow_type(column.kind)
    if not _fits(values.type, column.kind):
        raise RunError(
            f"{schema.name}: column {column.name} holds {values.type} values; expected"
            f" {target} → convert it before writing"
        )
    try:
        cast = values.cast(target)
    except pa.ArrowInvalid as error:
        raise RunError(
            f"{schema.name}: column {column.name} holds a value that {target} cannot"
            f" hold ({error}) → convert it before writing"
        ) from error
    _check_values(cast, values, column, schema)
    return cast


def _check_values(
    cast: pa.ChunkedArray,
    values: pa.ChunkedArray,
    column: TableColumn,
    schema: TableSchema,
) -> None:
    if column.name in schema.key and cast.null_count:
        row = pc.index(pc.is_null(cast), value=True).as_py()
        raise RunError(
            f"{schema.name}: key column {column.name} is null in row {row} of the rows"
            " to write → every key value is required"
        )
    if column.kind == "number":
        is_finite = pc.fill_null(pc.is_finite(cast), fill_value=True)
        row = pc.index(is_finite, value=False).as_py()
        if row >= 0:
            raise RunError(
                f"{schema.name}: column {column.name} is {cast[row].as_py()} in row"
                f" {row} of the rows to write; expected a finite number or null"
                " → a missing number is null, never NaN"
            )
    if column.kind == "date" and pa.types.is_timestamp(values.type):
        is_midnight = pc.fill_null(pc.equal(cast.cast(values.type), values), True)
        row = pc.index(is_midnight, value=False).as_py()
        if row >= 0:
            raise RunError(
                f"{schema.name}: column {column.name} is {values[row].as_py()} in row"
                f" {row} of the rows to write; expected a date → cut the time off"
            )


def _fits(found: pa.DataType, kind: Kind) -> bool:
    """Return whether values of a type mean the same as the declared kind."""
    types = pa.types
    if types.is_null(found):
        return True
    is_naive = types.is_timestamp(found) and found.tz is None
    fits: dict[Kind, bool] = {
        "string": types.is_string(found)
        or types.is_large_string(found)
        or types.is_string_view(found),
        "integer": types.is_integer(found),
        "number": types.is_floating(found) or types.is_integer(found),
        "boolean": types.is_boolean(found),
        "date": types.is_date(found) or is_naive,
        "timestamp": is_naive,
    }
    return fits[kind]
