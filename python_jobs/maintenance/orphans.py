"""Files that nothing refers to: reported, and deleted only when asked and old.

A writer that is at work has written files which no snapshot knows yet; they are younger
than a day, so nothing younger is ever deleted.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pyiceberg.table import Table

from python_jobs.maintenance.files import StoredFile, plain
from python_jobs.maintenance.snapshots import files_of
from python_jobs.platform.errors import RunError

LEAST_DAYS = 1
"""No younger orphan is deleted: it may be a running writer's."""


@dataclass(frozen=True)
class Orphans:
    """Files of nobody.

    Attributes
    ----------
    files
        By path.
    old
        Those among them that may be deleted by their age.
    """

    files: Mapping[str, StoredFile]
    old: Mapping[str, StoredFile]

    @property
    def oldest_days(self) -> int | None:
        """Return the age of the oldest in whole days."""
        if not self.files:
            return None
        oldest = min(each.modified_at for each in self.files.values())
        return (datetime.now(UTC) - oldest).days


def orphans(
    found: Mapping[str, StoredFile], *, referenced: set[str], days: int
) -> Orphans:
    """Return what was found and is referred to by nothing."""
    unknown = {path: each for path, each in found.items() if path not in referenced}
    latest = datetime.now(UTC) - timedelta(days=max(days, LEAST_DAYS))
    old = {path: each for path, each in unknown.items() if each.modified_at < latest}
    return Orphans(files=unknown, old=old)


def referenced_files(table: Table) -> set[str]:
    """Return every file that a table's metadata still refers to."""
    metadata = table.metadata
    log = {plain(entry.metadata_file) for entry in metadata.metadata_log}
    statistics = {
        plain(each.statistics_path)
        for each in (*metadata.statistics, *metadata.partition_statistics)
    }
    files = files_of(table.io, table.snapshots())
    return {plain(table.metadata_location), *log, *statistics, *files}


def check_agreement(table: Table, found: Mapping[str, StoredFile]) -> None:
    """Refuse to call anything an orphan when live files are missing from the list.

    Names that are written in two ways would look like orphans, and be deleted.

    Parameters
    ----------
    table
        As it was before its folder was listed.
    found
        The list.

    Raises
    ------
    RunError
        If a file of the current snapshot lies below the location and was not listed.
    """
    below = f"{plain(table.location()).rstrip('/')}/"
    snapshot = table.current_snapshot()
    current = files_of(table.io, [snapshot] if snapshot else [])
    missing = sorted(
        path for path in current if path.startswith(below) and path not in found
    )
    if missing:
        raise RunError(
            f"table {'.'.join(table.name())}: {len(missing)} of its files are not in"
            f" the list of its folder, such as {missing[0]} → no orphan was deleted;"
            " look whether the table can be read"
        )
