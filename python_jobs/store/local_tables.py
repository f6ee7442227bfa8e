"""Reading a local warehouse without importing the writer, which takes a second."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb

from python_jobs.platform.errors import PlatformError
from python_jobs.store.local_catalog import CATALOG_FILE, metadata_locations
from python_jobs.store.snapshots import current_snapshot
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

    def rows(self, name: str, *, columns: Sequence[str]) -> list[dict[str, Any]]:
        """Read columns of a table's current snapshot, rows in no particular order."""
        schema = declared(name)
        location = self._location(name)
        with duckdb.connect() as connection:
            connection.execute(f"create schema {schema.name.partition('.')[0]}")
            show(connection, location, schema=schema)
            found = connection.table(name).select(*columns).fetchall()
        return [dict(zip(columns, row, strict=True)) for row in found]

    def snapshot_id(self, name: str) -> int | None:
        """Return the id of the current snapshot; None before the first write."""
        snapshot = current_snapshot(self._location(name))
        return None if snapshot is None else snapshot.snapshot_id

    def row_count(self, name: str) -> int:
        """Return how many rows a table has."""
        snapshot = current_snapshot(self._location(name))
        if snapshot is None:
            return 0
        if snapshot.row_count is not None:
            return snapshot.row_count
        first, *_ = declared(name).columns
        return len(self.rows(name, columns=[first.name]))

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
