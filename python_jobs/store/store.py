"""Reading and writing the Iceberg tables, safe to repeat and safe to run at once.

No write here can double rows: an overwrite needs a filter and may only hold rows of
that filter, a merge reads and replaces in one transaction, an append is guarded.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import pyarrow as pa
from pyiceberg.catalog import Catalog
from pyiceberg.expressions import AlwaysTrue, BooleanExpression
from pyiceberg.table import Table

from python_jobs.platform.aws_errors import about
from python_jobs.platform.errors import PlatformError, RunError
from python_jobs.platform.folders import make_private
from python_jobs.platform.settings import Settings
from python_jobs.store.arrow_tables import conformed
from python_jobs.store.catalog import (
    check_tables,
    create_tables,
    load_table,
    open_catalog,
)
from python_jobs.store.commits import commit
from python_jobs.store.rows import first_duplicate, rows_outside, without_keys
from python_jobs.store.schema import TableSchema
from python_jobs.store.snapshots import row_count
from python_jobs.store.tables import declared

Result = TypeVar("Result")


@dataclass(frozen=True)
class Store:
    """The project's Iceberg tables in one catalog.

    Attributes
    ----------
    catalog
        Where the tables are found.
    settings
        Target and locations.
    clock
        Seconds since 1970, as `time.time`.
    """

    catalog: Catalog
    settings: Settings
    clock: Callable[[], float] = time.time

    @classmethod
    def open(cls, settings: Settings) -> "Store":
        """Open the store of a target; the tables need not exist yet."""
        if settings.target == "duckdb":
            make_private(settings.warehouse)
        return cls(catalog=open_catalog(settings), settings=settings)

    def init(self) -> list[str]:
        """Create every declared table that is missing, empty; safe to repeat.

        Returns
        -------
        list of str
            Names of the tables that were created.

        Raises
        ------
        PlatformError
            If a table exists with other columns than this version declares; then none
            is created.
        """
        return create_tables(self.catalog, settings=self.settings)

    def check(self) -> None:
        """Refuse tables of another version.

        Raises
        ------
        PlatformError
            If a table has other columns than this version declares.
        """
        check_tables(self.catalog, settings=self.settings)

    def read(
        self,
        name: str,
        *,
        columns: Sequence[str] | None = None,
        where: BooleanExpression | None = None,
    ) -> pa.Table:
        """Read rows of a table's current snapshot, in no particular order.

        Parameters
        ----------
        name
            ``<schema>.<table>``.
        columns
            Columns to read; None: all, in declared order.
        where
            Filter; None: every row.
        """
        schema = declared(name)
        with about(f"table {name}"):
            table = self._table(name)
            return _scanned(table, schema=schema, columns=columns, where=where)

    def rows(self, name: str, *, columns: Sequence[str]) -> list[dict[str, Any]]:
        """Read columns of a small table, a row a mapping, as `LocalTables` does."""
        found: list[dict[str, Any]] = self.read(name, columns=columns).to_pylist()
        return found

    def overwrite(
        self, name: str, table: pa.Table, *, where: BooleanExpression
    ) -> None:
        """Replace the rows that match a filter, in one commit.

        Parameters
        ----------
        name
            ``<schema>.<table>``.
        table
            New rows; each must match `where`, or writing twice would double it.
        where
            Rows to replace. Mandatory: there is no way to replace a whole table by
            accident.
        """
        rows = self._checked(name, table, where=where)
        self._write(name, lambda current: current.overwrite(rows, where))

    def merge(
        self,
        name: str,
        table: pa.Table,
        *,
        key: Sequence[str],
        where: BooleanExpression,
    ) -> None:
        """Insert rows or replace those of the same key; all other rows stay.

        Reads, merges and overwrites in one transaction: a concurrent write of the same
        rows makes it start again from the new state.

        Parameters
        ----------
        name
            ``<schema>.<table>``.
        table
            New rows; they win over stored ones of the same key.
        key
            Columns that identify a row.
        where
            Bounds what is read and written again, such as the range of dates that the
            new rows span; each new row must match it.
        """
        self.merge_parts(name, lambda: [(table, where)], key=key)

    def merge_parts(
        self,
        name: str,
        parts: Callable[[], Iterable[tuple[pa.Table, BooleanExpression]]],
        *,
        key: Sequence[str],
    ) -> None:
        """Merge rows that come in parts, in one commit: all are seen, or none.

        `parts` returns each with its filter as in `merge`, and is called again when a
        concurrent write makes it necessary. No row matches two of the filters.
        """
        schema = declared(name)

        def merged(current: Table) -> None:
            with current.transaction() as transaction:
                for table, where in parts():
                    rows = self._checked(name, table, where=where)
                    _refuse_duplicate(name, rows, key=key)
                    stored = _scanned(current, schema=schema, columns=None, where=where)
                    kept = without_keys(stored, rows, key=key)
                    transaction.overwrite(pa.concat_tables([kept, rows]), where)

        self._write(name, merged)

    def append(self, name: str, table: pa.Table, *, guard: BooleanExpression) -> bool:
        """Add rows once: when a row matches the guard, nothing is written.

        Returns
        -------
        bool
            Whether the rows were written.
        """
        rows = self._checked(name, table, where=guard)

        def appended(current: Table) -> bool:
            found = current.scan(row_filter=guard, limit=1).to_arrow()
            if found.num_rows:
                return False
            # not append(): that one commits beside a concurrent writer of these rows
            current.overwrite(rows, guard)
            return True

        return self._write(name, appended)

    def delete(self, name: str, *, where: BooleanExpression) -> None:
        """Delete the rows that match a filter; none is fine."""
        declared(name)
        self._write(name, lambda current: current.delete(where))

    def data_files(self, name: str) -> list[str]:
        """Return the data files of the current snapshot, sorted.

        Raises
        ------
        PlatformError
            If the snapshot has delete files: then its data files alone are not its
            rows, and `read` is the way.
        """
        tasks = list(self._table(name).scan().plan_files())
        if any(task.delete_files for task in tasks):
            raise PlatformError(
                f"{name}: the snapshot has delete files, written by another engine"
                " → compact the table, or read it through the store"
            )
        return sorted(task.file.file_path for task in tasks)

    def snapshot_id(self, name: str) -> int | None:
        """Return the id of the current snapshot; None before the first write."""
        snapshot = self._table(name).current_snapshot()
        return None if snapshot is None else snapshot.snapshot_id

    def row_count(self, name: str) -> int:
        """Return how many rows a table has."""
        snapshot = self._table(name).current_snapshot()
        if snapshot is None:
            return 0
        counted = None if snapshot.summary is None else row_count(snapshot.summary)
        if counted is None:
            first, *_ = declared(name).columns
            counted = len(self.read(name, columns=[first.name]))
        return counted

    def _table(self, name: str) -> Table:
        return load_table(self.catalog, name, settings=self.settings)

    def _checked(
        self, name: str, table: pa.Table, *, where: BooleanExpression
    ) -> pa.Table:
        """Return the rows in the declared shape; refuse rows outside of the filter."""
        rows = conformed(table, schema=declared(name))
        outside = rows_outside(rows, where=where, schema=declared(name))
        if outside:
            raise RunError(
                f"{name}: {outside} of {rows.num_rows} rows to write do not match the"
                f" filter {where} → writing them twice would double them; widen the"
                " filter or drop the rows"
            )
        return rows

    def _write(self, name: str, change: Callable[[Table], Result]) -> Result:
        with about(f"table {name}"):
            return commit(
                lambda: self._table(name),
                change,
                clock=self.clock,
                way_out=self._clock_way_out(),
            )

    def _clock_way_out(self) -> str | None:
        """Return what to do about a last write ahead of a right clock; None: nothing.

        The time of the next write is that of the clock again. Locally nobody minds; the
        engines of AWS refuse a table whose times go back by more than a minute.
        """
        if self.settings.target == "athena":
            return (
                "wait until then, or point Glue to the metadata file before that write"
            )
        if self.settings.accepts_clock:
            return None
        return "run the same command once more with --accept-clock"


def _refuse_duplicate(name: str, rows: pa.Table, *, key: Sequence[str]) -> None:
    duplicate = first_duplicate(rows, key=key)
    if duplicate is not None:
        raise RunError(
            f"{name}: key {duplicate} is there more than once in the rows to write"
            " → keep one row per key"
        )


def _scanned(
    table: Table,
    *,
    schema: TableSchema,
    columns: Sequence[str] | None,
    where: BooleanExpression | None,
) -> pa.Table:
    names = schema.column_names if columns is None else tuple(columns)
    scan = table.scan(row_filter=where or AlwaysTrue(), selected_fields=names)
    fields = [schema.arrow_schema.field(name) for name in names]
    return scan.to_arrow().select(names).cast(pa.schema(fields))
