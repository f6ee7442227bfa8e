"""Look after every table of a target, one after the other; safe to repeat."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

from pyiceberg.table import Table

from python_jobs.maintenance.compaction import bound_metadata, compact
from python_jobs.maintenance.files import delete_files, files_below, plain, total_bytes
from python_jobs.maintenance.orphans import (
    Orphans,
    check_agreement,
    orphans,
    referenced_files,
)
from python_jobs.maintenance.runs import old_runs, remove_runs
from python_jobs.maintenance.snapshots import (
    Contents,
    Retention,
    contents,
    expire,
    expired,
)
from python_jobs.maintenance.tables import KeptTables, kept_tables
from python_jobs.platform.aws_errors import about
from python_jobs.platform.progress import Progress
from python_jobs.platform.settings import Settings
from python_jobs.store import Store


@dataclass(frozen=True)
class Plan:
    """What is wanted.

    Attributes
    ----------
    retention
        Which snapshots stay.
    keep_runs
        Runs of each job that stay, see `old_runs`.
    shown_date
        As-of date of the built marts, whose runs stay too; None: there are none.
    orphan_days
        Age from which an orphan may be deleted.
    deletes_orphans
        Whether it is; else they are only reported.
    is_dry
        Whether nothing at all is changed.
    """

    retention: Retention
    keep_runs: int = 10
    shown_date: date | None = None
    orphan_days: int = 3
    deletes_orphans: bool = False
    is_dry: bool = False


@dataclass(frozen=True)
class Kept:
    """What became of one table.

    Attributes
    ----------
    name
        As people know it.
    before, after
        Files of its current snapshot, and its snapshots.
    expiring
        Snapshots that may go, before any did.
    orphans
        Files that nothing refers to, those included that were deleted.
    bytes_before, bytes_after
        All that lies in its folder.
    """

    name: str
    before: Contents
    after: Contents
    expiring: int
    orphans: Orphans
    bytes_before: int
    bytes_after: int

    @property
    def is_touched(self) -> bool:
        """Return whether something changed, or could."""
        is_same = (self.before, self.bytes_before) == (self.after, self.bytes_after)
        return not is_same or self.expiring > 0


@dataclass(frozen=True)
class Upkeep:
    """One run over a target.

    Attributes
    ----------
    store, plan, progress
        Tables, what is wanted, receiver of progress.
    cursor
        Of Athena; None on the local target.
    clock
        Seconds since 1970, as `time.time`.
    """

    store: Store
    plan: Plan
    progress: Progress
    cursor: Any = None
    clock: Callable[[], float] = time.time

    @property
    def settings(self) -> Settings:
        """Target and locations."""
        return self.store.settings

    def run(self) -> tuple[list[Kept], KeptTables, dict[str, Orphans]]:
        """Look after every table.

        Returns
        -------
        tuple
            What became of each table, which ones there are, and by folder the files
            of dbt's that belong to no table.
        """
        tables = kept_tables(self.store.catalog, self.settings)
        self._remove_old_runs()
        kept = []
        total = len(tables.iceberg)
        with self.progress.task("maintain", total=total, unit="tables") as task:
            for name, identifier in tables.iceberg.items():
                with about(f"table {name}"):
                    kept.append(self._keep(name, identifier))
                task.advance(detail=name)
        return kept, tables, self._beside(tables)

    def _remove_old_runs(self) -> None:
        """Delete the rows of runs that nothing reads any more, and tell how many."""
        plan = self.plan
        going = old_runs(
            self.store, keep_runs=plan.keep_runs, shown_date=plan.shown_date
        )
        if going:
            would = "would go" if plan.is_dry else "go"
            self.progress.note(f"{len(going)} old runs of jobs {would}")
        if not plan.is_dry:
            remove_runs(self.store, going)

    def _keep(self, name: str, identifier: tuple[str, str]) -> Kept:
        """Look after one table."""

        def load() -> Table:
            return self.store.catalog.load_table(identifier)

        table = load()
        before, plan = contents(table), self.plan
        expiring = len(expired(table, plan.retention, clock=self.clock))
        stored = files_below(self.settings, table.location())
        if not plan.is_dry:
            if self.cursor is not None:
                self._by_athena(".".join(identifier), load, before)
            elif self.settings.target == "duckdb":
                bound_metadata(load, clock=self.clock)
                compact(load, name, clock=self.clock)
            expire(load, plan.retention, settings=self.settings, clock=self.clock)
        first, table = table.metadata_location, load()
        is_same = table.metadata_location == first
        left = stored if is_same else files_below(self.settings, table.location())
        check_agreement(table, left)
        unknown = orphans(
            left, referenced=referenced_files(load()), days=plan.orphan_days
        )
        removed = self._deleted(unknown)
        return Kept(
            name=name,
            before=before,
            after=before if is_same else contents(table),
            expiring=expiring,
            orphans=unknown,
            bytes_before=total_bytes(stored),
            bytes_after=total_bytes(left) - removed,
        )

    def _by_athena(
        self, name: str, load: Callable[[], Table], before: Contents
    ) -> None:
        """Let Athena rewrite and clean what it can; a fresh table needs neither."""
        from python_jobs.maintenance.athena import (  # noqa: PLC0415 - slow import
            needs_rewrite,
            optimize,
            vacuum,
        )

        warn = self.progress.warn
        if needs_rewrite(before):
            optimize(self.cursor, name, warn=warn)
        table = load()
        if len(table.snapshots()) > 1:
            vacuum(self.cursor, name, table, retention=self.plan.retention, warn=warn)

    def _beside(self, tables: KeptTables) -> dict[str, Orphans]:
        """Return the files in dbt's folders that lie below no table."""
        beside = {}
        folders = tuple(f"{each.rstrip('/')}/" for each in tables.locations)
        for database in tables.databases:
            folder = f"{plain(self.settings.s3_data).rstrip('/')}/{database}"
            found = {
                path: each
                for path, each in files_below(self.settings, folder).items()
                if not path.startswith(folders)
            }
            unknown = orphans(found, referenced=set(), days=self.plan.orphan_days)
            if unknown.files:
                self._deleted(unknown)
                beside[f"{folder}/"] = unknown
        return beside

    def _deleted(self, unknown: Orphans) -> int:
        """Delete old orphans when that is wanted; return their bytes."""
        if self.plan.is_dry or not self.plan.deletes_orphans:
            return 0
        delete_files(self.settings, unknown.old)
        return total_bytes(unknown.old)


@contextmanager
def opened_upkeep(store: Store, plan: Plan, progress: Progress) -> Iterator[Upkeep]:
    """Open what the target needs: on Athena a connection."""
    if store.settings.target != "athena" or plan.is_dry:
        yield Upkeep(store, plan, progress)
        return
    from python_jobs.platform.athena import connection  # noqa: PLC0415 - slow import

    with connection(store.settings) as opened:
        yield Upkeep(store, plan, progress, cursor=opened.cursor())
