"""SHOW and DESCRIBE: one plain column of text, as Athena answers them."""

from athena_local.failures import UnsupportedStatementError
from athena_local.names import hive_name, hive_table_name
from athena_local.steps import HIVE, Rewritten, Run, Table
from athena_local.tokens import Reader


def show(reader: Reader, database: str, _location: str) -> Rewritten:
    """Read SHOW DATABASES, TABLES, VIEWS, COLUMNS or CREATE."""
    reader.expect("show")
    for words in ("databases", "schemas"):
        if reader.accept(words):
            reader.end()
            return _utility("SHOW_DATABASES", f'show schemas from "{HIVE}"')
    for kind in ("tables", "views"):
        if reader.accept(kind):
            schema = hive_name(reader) if _within(reader) else database
            reader.end()
            where = f"table_schema = '{schema}'"
            return _utility(f"SHOW_{kind.upper()}", _listed(kind, "table_name", where))
    if reader.accept("columns"):
        if not _within(reader):
            raise reader.unexpected("in")
        table = hive_table_name(reader, database)
        reader.end()
        return _utility("SHOW_COLUMNS", _columns(table, "column_name"))
    for kind in ("table", "view"):
        if reader.accept(f"create {kind}"):
            table = hive_table_name(reader, database)
            reader.end()
            sql = f"show create {kind} {table.within(HIVE)}"
            return _utility(f"SHOW_CREATE_{kind.upper()}", sql)
    raise UnsupportedStatementError


def describe(reader: Reader, database: str, _location: str) -> Rewritten:
    """Read DESCRIBE table."""
    reader.expect("describe")
    table = hive_table_name(reader, database)
    reader.end()
    text = "rpad(column_name, 20, ' ') || chr(9) || rpad(data_type, 20, ' ')"
    return _utility("DESCRIBE_TABLE", _columns(table, f"{text} as col_name"))


def _within(reader: Reader) -> bool:
    return reader.accept("in") or reader.accept("from")


def _columns(table: Table, expression: str) -> str:
    where = f"table_schema = '{table.schema}' and table_name = '{table.name}'"
    return _listed("columns", expression, f"{where} order by ordinal_position")


def _listed(what: str, expression: str, where: str) -> str:
    source = f'"{HIVE}".information_schema.{what}'
    return f"select {expression} from {source} where {where}"  # noqa: S608 (no input)


def _utility(substatement: str, sql: str) -> Rewritten:
    return Rewritten("UTILITY", substatement, (Run(sql),))
