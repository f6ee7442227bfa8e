"""Names and properties in a statement."""

from athena_local.steps import Table
from athena_local.tokens import Reader


def table_name(reader: Reader, database: str) -> Table:
    """Read a table's name: with its schema, and its catalog, or alone."""
    names = reader.names()
    return Table(names[-2] if len(names) > 1 else database, names[-1])


def hive_table_name(reader: Reader, database: str) -> Table:
    """Read a table's name in Hive's DDL, where quotes are backquotes."""
    names = [hive_name(reader)]
    while reader.accept("."):
        names.append(hive_name(reader))
    return Table(names[-2] if len(names) > 1 else database, names[-1])


def hive_name(reader: Reader) -> str:
    """Read one name in Hive's DDL."""
    if reader.current.kind == "quoted":
        raise reader.unexpected("a name in backquotes")
    return reader.name()


def texts(brackets: str) -> dict[str, str]:
    """Read ``'name' = 'value'`` pairs, as Hive's DDL writes properties."""
    reader, found = Reader(brackets), {}
    while True:
        name = reader.string()
        reader.expect("=")
        found[name] = reader.string()
        if not reader.accept(","):
            reader.end()
            return found
