"""OPTIMIZE, VACUUM and UNLOAD."""

from athena_local.failures import MalformedStatementError
from athena_local.names import hive_table_name
from athena_local.steps import (
    HIVE,
    ICEBERG,
    RequireIceberg,
    Rewritten,
    Run,
    Unload,
    Vacuum,
)
from athena_local.tokens import Reader, split_list, unquoted


def optimize(reader: Reader, database: str, _location: str) -> Rewritten:
    """Read OPTIMIZE … REWRITE DATA USING BIN_PACK, with or without a filter."""
    reader.expect("optimize")
    table = hive_table_name(reader, database)
    reader.expect("rewrite data using bin_pack")
    where = reader.rest()
    if where and not Reader(where).at("where"):
        raise MalformedStatementError(f"mismatched input '{where}'. Expecting: 'WHERE'")
    sql = f"alter table {table.within(ICEBERG)} execute optimize {where}".rstrip()
    return Rewritten("DML", "OPTIMIZE", (RequireIceberg(table, "OPTIMIZE"), Run(sql)))


def vacuum(reader: Reader, database: str, _location: str) -> Rewritten:
    """Read VACUUM: the table's properties say how much it keeps."""
    reader.expect("vacuum")
    table = hive_table_name(reader, database)
    reader.end()
    return Rewritten("DML", "VACUUM", (RequireIceberg(table, "VACUUM"), Vacuum(table)))


def unload(reader: Reader, _database: str, _location: str) -> Rewritten:
    """Read UNLOAD (query) TO location WITH (format, compression)."""
    reader.expect("unload")
    query = reader.brackets()
    reader.expect("to")
    location = reader.string()
    reader.expect("with")
    found = dict(item.split("=", 1) for item in split_list(reader.brackets()))
    given = {name.strip().lower(): value.strip() for name, value in found.items()}
    reader.end()
    codec = unquoted(given.get("compression", "'gzip'")).upper()
    step = Unload(
        query,
        location,
        unquoted(given.get("format", "''")).upper(),
        {f"{HIVE}.compression_codec": codec},
    )
    return Rewritten("DML", "UNLOAD", (step,))
