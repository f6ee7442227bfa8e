"""Rewrite the small data files of a table into fewer, in one commit; same rows.

A load writes a file a month, so that a month of daily loads is thirty of them.
pyiceberg 0.12 has no rewrite of its own: its snapshot producer replaces named files.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator

from pyiceberg.expressions import AlwaysTrue
from pyiceberg.io.pyarrow import ArrowScan, _dataframe_to_data_files
from pyiceberg.manifest import DataFile
from pyiceberg.table import FileScanTask, Table

from python_jobs.store.catalog import LOCAL_PROPERTIES
from python_jobs.store.commits import commit
from python_jobs.store.tables import declared

LARGE_BYTES = 128 * 1024 * 1024
"""A file from this size on is left as it is; so much is read at once at most."""


FEW_FILES = 3
"""A partition with so many files needs no rewrite."""


def compact(
    load: Callable[[], Table],
    name: str,
    *,
    most_files: int = FEW_FILES,
    clock: Callable[[], float] = time.time,
) -> int:
    """Rewrite each partition that holds more than so many small files.

    Parameters
    ----------
    load
        Loads the table as it is now.
    name
        ``<schema>.<table>``, as it is declared.
    most_files
        Small files that a partition may keep.
    clock
        Seconds since 1970, as `time.time`.

    Returns
    -------
    int
        How many files were replaced.

    Raises
    ------
    PlatformError
        See `commit`.
    """

    def rewritten(current: Table) -> int:
        groups = list(_groups(current, most_files=most_files))
        if not groups:
            return 0
        with (
            current.transaction() as transaction,
            transaction.update_snapshot().overwrite() as change,
        ):
            for group in groups:
                for task in group:
                    change.delete_data_file(task.file)
                for added in _written(current, group, name=name):
                    change.append_data_file(added)
        return sum(len(group) for group in groups)

    return commit(load, rewritten, clock=clock)


def bound_metadata(
    load: Callable[[], Table], *, clock: Callable[[], float] = time.time
) -> None:
    """Give a local table of an earlier version the limit of its metadata files."""

    def limited(current: Table) -> None:
        missing = {
            key: value
            for key, value in LOCAL_PROPERTIES.items()
            if current.properties.get(key) != value
        }
        if missing:
            with current.transaction() as transaction:
                transaction.set_properties(missing)

    commit(load, limited, clock=clock)


def _groups(table: Table, *, most_files: int) -> Iterator[list[FileScanTask]]:
    """Yield the files to write as one: of a partition, together not too large."""
    partitions: dict[str, list[FileScanTask]] = defaultdict(list)
    for task in table.scan().plan_files():
        if not task.delete_files and task.file.file_size_in_bytes < LARGE_BYTES:
            partitions[str(task.file.partition)].append(task)
    for small in partitions.values():
        if len(small) > most_files:
            yield from (group for group in _packed(small) if len(group) > 1)


def _packed(tasks: list[FileScanTask]) -> Iterator[list[FileScanTask]]:
    """Yield files in groups that are together not too large."""
    group: list[FileScanTask] = []
    size = 0
    for task in sorted(tasks, key=lambda each: each.file.file_path):
        if group and size + task.file.file_size_in_bytes > LARGE_BYTES:
            yield group
            group, size = [], 0
        group.append(task)
        size += task.file.file_size_in_bytes
    yield group


def _written(table: Table, tasks: list[FileScanTask], *, name: str) -> list[DataFile]:
    """Write the rows of files anew, in the order of the table's key."""
    scan = ArrowScan(table.metadata, table.io, table.schema(), AlwaysTrue())
    key = [(column, "ascending") for column in declared(name).key]
    rows = scan.to_table(tasks).sort_by(key)
    return list(_dataframe_to_data_files(table.metadata, rows, table.io))
