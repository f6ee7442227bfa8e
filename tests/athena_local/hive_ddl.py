"""Hive's DDL: schemas, ALTER TABLE, DROP."""

from collections.abc import Callable

from athena_local.column_types import trino_type
from athena_local.failures import UnsupportedStatementError
from athena_local.names import hive_name, hive_table_name, texts
from athena_local.steps import (
    HIVE,
    ICEBERG,
    Alter,
    RequireIceberg,
    Rewritten,
    Run,
    SetProperties,
    Step,
    Table,
)
from athena_local.tokens import Reader, split_list


def create_schema(reader: Reader, _database: str, _location: str) -> Rewritten:
    """Read CREATE SCHEMA or DATABASE, with or without a location."""
    reader.next(), reader.next()
    exists = "if not exists " if reader.accept("if not exists") else ""
    name = hive_name(reader)
    if reader.accept("comment"):
        reader.string()
    place = (
        f" with (location = '{reader.string()}')" if reader.accept("location") else ""
    )
    reader.end()
    sql = f'create schema {exists}"{HIVE}"."{name}"{place}'
    return Rewritten("DDL", "CREATE_DATABASE", (Run(sql),))


def drop_schema(reader: Reader, _database: str, _location: str) -> Rewritten:
    """Read DROP SCHEMA or DATABASE."""
    reader.next(), reader.next()
    exists = "if exists " if reader.accept("if exists") else ""
    name = hive_name(reader)
    how = " cascade" if reader.accept("cascade") else ""
    reader.accept("restrict")
    reader.end()
    sql = f'drop schema {exists}"{HIVE}"."{name}"{how}'
    return Rewritten("DDL", "DROP_DATABASE", (Run(sql),))


def drop_table(reader: Reader, database: str, _location: str) -> Rewritten:
    """Read DROP TABLE: the files of an Iceberg table go, those of Hive's stay."""
    return _drop(reader, "table", database)


def drop_view(reader: Reader, database: str, _location: str) -> Rewritten:
    """Read DROP VIEW."""
    return _drop(reader, "view", database)


def _drop(reader: Reader, kind: str, database: str) -> Rewritten:
    reader.expect(f"drop {kind}")
    exists = "if exists " if reader.accept("if exists") else ""
    table = hive_table_name(reader, database)
    reader.end()
    sql = f"drop {kind} {exists}{table.within(HIVE)}"
    return Rewritten("DDL", f"DROP_{kind.upper()}", (Run(sql),))


def alter_table(reader: Reader, database: str, _location: str) -> Rewritten:
    """Read ALTER TABLE; what only Iceberg tables can do is refused for others."""
    reader.expect("alter table")
    table = hive_table_name(reader, database)
    for words, change in _CHANGES:
        if reader.accept(words):
            steps = change(reader, table)
            reader.end()
            kind = words.upper().replace(" ", "_")
            return Rewritten("DDL", f"ALTER_TABLE_{kind}", steps)
    raise UnsupportedStatementError


def _rename(reader: Reader, table: Table) -> tuple[Step, ...]:
    new = hive_table_name(reader, table.schema)
    sql = f"alter table {table.within(ICEBERG)} rename to {new.within(ICEBERG)}"
    return RequireIceberg(table, "ALTER TABLE RENAME TO"), Run(sql)


def _set_properties(reader: Reader, table: Table) -> tuple[Step, ...]:
    return (SetProperties(table, texts(reader.brackets())),)


def _add_columns(reader: Reader, table: Table) -> tuple[Step, ...]:
    columns = (Reader(item) for item in split_list(reader.brackets()))
    return tuple(
        Alter(table, f'add column "{hive_name(column)}" {trino_type(column.rest())}')
        for column in columns
    )


def _drop_column(reader: Reader, table: Table) -> tuple[Step, ...]:
    dropping = Alter(table, f'drop column "{hive_name(reader)}"')
    return RequireIceberg(table, "ALTER TABLE DROP COLUMN"), dropping


def _change_column(reader: Reader, table: Table) -> tuple[Step, ...]:
    old, new = hive_name(reader), hive_name(reader)
    kind = trino_type(reader.rest())
    renaming = Alter(table, f'rename column "{old}" to "{new}"')
    typing = Alter(table, f'alter column "{new}" set data type {kind}')
    changes = (renaming, typing) if old != new else (typing,)
    return RequireIceberg(table, "ALTER TABLE CHANGE COLUMN"), *changes


_CHANGES: tuple[tuple[str, Callable[[Reader, Table], tuple[Step, ...]]], ...] = (
    ("rename to", _rename),
    ("set tblproperties", _set_properties),
    ("add columns", _add_columns),
    ("drop column", _drop_column),
    ("change column", _change_column),
)
