"""The catalog of a local warehouse: a SQLite file, read with nothing but Python."""

import sqlite3
from contextlib import closing
from pathlib import Path

CATALOG_NAME = "capacity"
CATALOG_FILE = "catalog.db"
SQLITE_TIMEOUT_SECONDS = 60
"""How long to wait for another process's commit to leave the catalog file."""


def metadata_locations(warehouse: Path) -> dict[str, str]:
    """Return the current metadata file of each table in a warehouse.

    Returns
    -------
    dict
        Metadata file by table name ``<schema>.<table>``; it changes with every commit.
        Empty: the command that made the catalog was killed before its first table.
    """
    # not mode=ro: a commit that was killed is rolled back by the next who reads
    address = f"{(warehouse / CATALOG_FILE).resolve().as_uri()}?mode=rw"
    has_tables = "select 1 from sqlite_master where name = 'iceberg_tables'"
    query = """
        select table_namespace || '.' || table_name, metadata_location
        from iceberg_tables
        where catalog_name = ? and metadata_location is not null
    """
    connection = sqlite3.connect(address, uri=True, timeout=SQLITE_TIMEOUT_SECONDS)
    with closing(connection):
        if connection.execute(has_tables).fetchone() is None:
            return {}
        return dict(connection.execute(query, [CATALOG_NAME]).fetchall())
