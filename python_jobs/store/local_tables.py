"""Reading a local warehouse without importing the writer, which takes a second."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import duckdb
import pyarrow as pa

from python_jobs.platform.errors import PlatformError
from python_jobs.store.local_catalog import CATALOG_FILE, metadata_locations
from python_jobs.store.snapshots import row_count, static_table
from python_jobs.store.tables import declared
from python_jobs.store.views import show


@dataclass(frozen=True)
class LocalTables:
    """Tables of a local warehouse, read as `Store` reads them.

    Attributes
    ----------
    warehouse
        Folder with a catalog.
    """

    warehouse: Path

    def read(self, name: str, *, columns: Sequence[str]) -> pa.Table:
        """Read columns of a table's current snapshot, rows in no particular order."""
        schema = declared(name)
        with duckdb.connect() as connection:
            connection.execute(f"create schema {schema.name.partition('.')[0]}")
            show(connection, self._location(name), schema=schema)
            return connection.table(name).select(*columns).to_arrow_table()

    def snapshot_id(self, name: str) -> int | None:
        """Return the id of the current snapshot; None before the first write."""
        snapshot = static_table(self._location(name)).current_snapshot()
        return None if snapshot is None else snapshot.snapshot_id

    def row_count(self, name: str) -> int:
        """Return how many rows a table has."""
        counted = row_count(static_table(self._location(name)).current_snapshot())
        if counted is None:
            first, *_ = declared(name).columns
            counted = len(self.read(name, columns=[first.name]))
        return counted

    def _location(self, name: str) -> str:
        """Return the current metadata of a table that exists."""
        if name not in self._locations:
            raise PlatformError(
                f"table {name} does not exist in {self.warehouse} → run `capacity init`"
            )
        return self._locations[name]

    @cached_property
    def _locations(self) -> dict[str, str]:
        try:
            (self.warehouse / CATALOG_FILE).stat()
        except FileNotFoundError:
            return {}
        return metadata_locations(self.warehouse)
