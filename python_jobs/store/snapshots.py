"""Current snapshots of a local warehouse, read without importing the writer.

dbt starts a process for every command, and each would pay two seconds for SQLAlchemy,
pyarrow's data sets and pandas. To read which files make up a snapshot takes none of
them: the catalog is a SQLite file, metadata and manifests are small local files.
"""

import sqlite3
from contextlib import closing
from io import BytesIO
from pathlib import Path
from typing import Never, cast

from pyiceberg.io import FileIO, InputFile, InputStream, OutputFile
from pyiceberg.schema import Schema
from pyiceberg.table import FileScanTask, StaticTable

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


def planned_files(metadata_location: str) -> list[FileScanTask]:
    """Return the data files of a table's current snapshot, with their delete files."""
    return list(_table(metadata_location).scan().plan_files())


def stored_schema(metadata_location: str) -> Schema:
    """Return the current schema of a table."""
    return _table(metadata_location).schema()


def _table(metadata_location: str) -> StaticTable:
    reader = f"{LocalFileIO.__module__}.{LocalFileIO.__qualname__}"
    return StaticTable.from_metadata(metadata_location, {"py-io-impl": reader})


class _LocalInput(InputFile):
    """A local file to read."""

    def __len__(self) -> int:
        return Path(self.location).stat().st_size

    def exists(self) -> bool:
        return Path(self.location).exists()

    def open(self, seekable: bool = True) -> InputStream:
        del seekable
        return cast("InputStream", BytesIO(Path(self.location).read_bytes()))


class LocalFileIO(FileIO):
    """Reads local files; pyiceberg loads it by name, for planning only."""

    def new_input(self, location: str) -> InputFile:
        """Return a file to read."""
        return _LocalInput(location)

    def new_output(self, location: str) -> OutputFile:
        """Refuse to write."""
        self._refuse(location)

    def delete(self, location: str | InputFile | OutputFile) -> None:
        """Refuse to delete."""
        self._refuse(str(location))

    def _refuse(self, location: str) -> Never:
        raise PermissionError(f"{location}: this reader neither writes nor deletes")
