"""CREATE TABLE: as a query (Trino's grammar), or empty (Hive's grammar)."""

from athena_local.column_types import trino_type
from athena_local.failures import QueryFailedError, UnsupportedStatementError
from athena_local.names import hive_name, table_name
from athena_local.steps import (
    HIVE,
    ICEBERG,
    CheckTypes,
    RequireEmpty,
    Rewritten,
    Run,
    SetProperties,
    Step,
    Table,
)
from athena_local.tokens import Reader, code_tokens, split_list, unquoted

ICEBERG_PROPERTIES = frozenset(
    {
        "optimize_rewrite_data_file_threshold",
        "optimize_rewrite_delete_file_threshold",
        "optimize_rewrite_max_data_file_size_bytes",
        "optimize_rewrite_min_data_file_size_bytes",
        "vacuum_max_metadata_files_to_keep",
        "vacuum_max_snapshot_age_seconds",
        "vacuum_min_snapshots_to_keep",
        "write_target_data_file_size_bytes",
    }
)
"""Properties that Athena keeps in an Iceberg table's metadata."""

_COMMON = {"table_type", "is_external", "format", "write_compression"}
_FOR_HIVE = _COMMON | {
    "external_location",
    "partitioned_by",
    "bucketed_by",
    "bucket_count",
    "field_delimiter",
    "orc_compression",
    "parquet_compression",
}
_FOR_ICEBERG = _COMMON | {"location", "partitioning"} | ICEBERG_PROPERTIES


def create_table(reader: Reader, database: str, tables_location: str) -> Rewritten:
    """Read CREATE TABLE, with a query behind it or with columns."""
    reader.expect("create table")
    if_not_exists = reader.accept("if not exists")
    table = table_name(reader, database)
    if reader.at("("):
        return _empty_iceberg_table(reader, table, if_not_exists=if_not_exists)
    if reader.at("like"):
        raise UnsupportedStatementError
    properties = _properties(reader.brackets()) if reader.accept("with") else {}
    reader.expect("as")
    query = reader.rest()
    kind = unquoted(properties.pop("table_type", "'hive'")).lower()
    exists = "if not exists " if if_not_exists else ""
    build = _iceberg if kind == "iceberg" else _hive
    steps = build(table, properties, query, exists, tables_location)
    return Rewritten("DDL", "CREATE_TABLE_AS_SELECT", steps)


def _properties(text: str) -> dict[str, str]:
    found = {}
    for item in split_list(text):
        name, equals, value = item.partition("=")
        if not equals:
            raise Reader(item).unexpected("=")
        found[unquoted(name.strip()).lower()] = value.strip()
    return found


def _refuse_unknown(properties: dict[str, str], known: set[str]) -> None:
    for name in properties:
        if name not in known:
            raise QueryFailedError(
                f"INVALID_TABLE_PROPERTY: Table property '{name}' does not exist"
            )


def _iceberg(
    table: Table, properties: dict[str, str], query: str, exists: str, _location: str
) -> tuple[Step, ...]:
    _refuse_unknown(properties, _FOR_ICEBERG)
    if properties.pop("is_external", "true").lower() != "false":
        raise QueryFailedError(
            "INVALID_TABLE_PROPERTY: is_external must be false for an Iceberg table"
        )
    if "location" not in properties:
        raise QueryFailedError("INVALID_TABLE_PROPERTY: location is required")
    session = _compression(ICEBERG, properties)
    kept = {
        name: unquoted(properties.pop(name))
        for name in sorted(ICEBERG_PROPERTIES & properties.keys())
    }
    given = _format(properties)
    given["location"] = properties["location"]
    if "partitioning" in properties:
        given["partitioning"] = partitioning(properties["partitioning"])
    sql = _create(table, ICEBERG, given, query, exists)
    steps: tuple[Step, ...] = (CheckTypes(without_no_data(query)), Run(sql, session))
    return (*steps, SetProperties(table, kept)) if kept else steps


def _hive(
    table: Table, properties: dict[str, str], query: str, exists: str, location: str
) -> tuple[Step, ...]:
    _refuse_unknown(properties, _FOR_HIVE)
    properties.pop("is_external", None)
    session = _compression(HIVE, properties)
    given = _format(properties)
    place = f"'{location.rstrip('/')}/{table.name}'"
    given["external_location"] = properties.pop("external_location", place)
    if "field_delimiter" in properties:
        properties["textfile_field_separator"] = properties.pop("field_delimiter")
    given |= properties
    sql = _create(table, HIVE, given, query, exists)
    return RequireEmpty(table, unquoted(given["external_location"])), Run(sql, session)


def _format(properties: dict[str, str]) -> dict[str, str]:
    return {"format": properties.pop("format", "'PARQUET'").upper()}


def _compression(catalog: str, properties: dict[str, str]) -> dict[str, str]:
    names = ("write_compression", "parquet_compression", "orc_compression")
    given = [properties.pop(name) for name in names if name in properties]
    codec = unquoted(given[0]).upper() if given else ""
    return {f"{catalog}.compression_codec": codec} if codec else {}


def _create(
    table: Table, catalog: str, given: dict[str, str], query: str, exists: str
) -> str:
    settings = ", ".join(f"{name} = {value}" for name, value in given.items())
    return f"create table {exists}{table.within(catalog)} with ({settings}) as {query}"


def partitioning(array: str) -> str:
    """Return Iceberg's partitioning with the arguments in Trino's order.

    Athena writes ``bucket(16, id)`` and ``truncate(4, id)``, Trino the column first.
    """
    reader = Reader(array)
    reader.expect("array")
    start = reader.next().end
    items = split_list(array[start : array.rindex("]")])
    return f"ARRAY[{', '.join(_transform(unquoted(item)) for item in items)}]"


def _transform(transform: str) -> str:
    name, bracket, inner = transform.partition("(")
    parts = split_list(inner.rstrip(") "))
    if name.strip().lower() in ("bucket", "truncate") and parts[0].isdigit():
        parts.reverse()
    text = f"{name.strip()}({', '.join(parts)})" if bracket else transform
    return "'" + text.replace("'", "''") + "'"


def without_no_data(query: str) -> str:
    """Return the query of a CTAS without ``with no data`` behind it."""
    found = code_tokens(query)
    if [token.text.lower() for token in found[-3:]] == ["with", "no", "data"]:
        return query[: found[-3].start]
    return query


def _empty_iceberg_table(
    reader: Reader, table: Table, *, if_not_exists: bool
) -> Rewritten:
    columns = []
    for item in split_list(reader.brackets()):
        column = Reader(item)
        name = hive_name(column)
        kind = trino_type(column.rest().partition(" comment ")[0])
        columns.append(f'"{name}" {kind}')
    by = split_list(reader.brackets()) if reader.accept("partitioned by") else []
    reader.expect("location")
    location = reader.string()
    reader.expect("tblproperties")
    found = _properties(reader.brackets())
    given = {name: unquoted(value) for name, value in found.items()}
    reader.end()
    if given.pop("table_type", "").upper() != "ICEBERG":
        raise UnsupportedStatementError
    settings = f"format = '{given.pop('format', 'parquet').upper()}'"
    settings += f", location = '{location}'"
    if by:
        transforms = ", ".join(_transform(item.replace("`", "")) for item in by)
        settings += f", partitioning = ARRAY[{transforms}]"
    given.pop("write_compression", None)
    exists = "if not exists " if if_not_exists else ""
    sql = (
        f"create table {exists}{table.within(ICEBERG)} ({', '.join(columns)})"
        f" with ({settings})"
    )
    steps: tuple[Step, ...] = (
        (Run(sql), SetProperties(table, given)) if given else (Run(sql),)
    )
    return Rewritten("DDL", "CREATE_TABLE", steps)
