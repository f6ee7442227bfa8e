"""Expire old snapshots, and delete the files that only they referred to.

pyiceberg 0.12 takes snapshots out of the metadata and leaves their files. What those
referred to and no kept snapshot does is known for certain, and is deleted here; files
that no snapshot ever referred to are another matter (`orphans`).
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise

from pyiceberg.io import FileIO
from pyiceberg.manifest import ManifestContent, ManifestFile
from pyiceberg.table import Table
from pyiceberg.table.snapshots import Snapshot

from python_jobs.maintenance.files import delete_files, plain
from python_jobs.platform.settings import Settings
from python_jobs.store.commits import commit

_DAY_MS = 86_400_000


@dataclass(frozen=True)
class Retention:
    """Which snapshots stay.

    Attributes
    ----------
    keep_days
        A snapshot stays for so many days after the next one took its place: whoever
        began to read it then has long ended.
    keep_last
        So many of the newest stay, however old.
    shown_ms
        Moments, in milliseconds since 1970, of whose tables something is made that is
        still read: the views of a built database name the files. The snapshot that
        was current then stays.
    """

    keep_days: float = 5
    keep_last: int = 10
    shown_ms: tuple[int, ...] = ()


@dataclass(frozen=True)
class Contents:
    """What a table's current snapshot is made of, and how many snapshots there are."""

    data_files: int
    delete_files: int
    partitions: int
    snapshots: int


def contents(table: Table) -> Contents:
    """Count the files of the current snapshot."""
    snapshot = table.current_snapshot()
    data_files, partitions, deletes = set(), set(), set()
    for manifest in snapshot.manifests(table.io) if snapshot else ():
        for entry in manifest.fetch_manifest_entry(table.io):
            if manifest.content == ManifestContent.DELETES:
                deletes.add(entry.data_file.file_path)
            else:
                data_files.add(entry.data_file.file_path)
                partitions.add(str(entry.data_file.partition))
    return Contents(
        data_files=len(data_files),
        delete_files=len(deletes),
        partitions=len(partitions),
        snapshots=len(table.snapshots()),
    )


def expired(
    table: Table, retention: Retention, *, clock: Callable[[], float] = time.time
) -> list[Snapshot]:
    """Return the snapshots that may go, oldest first; branches and tags never do."""
    history = sorted(table.snapshots(), key=lambda each: each.timestamp_ms)
    protected = {ref.snapshot_id for ref in table.metadata.refs.values()}
    protected |= {each.snapshot_id for each in history[-retention.keep_last :]}
    for moment in retention.shown_ms:
        shown = [each for each in history if each.timestamp_ms <= moment]
        protected |= {each.snapshot_id for each in shown[-1:]}
    cutoff_ms = clock() * 1000 - retention.keep_days * _DAY_MS
    return [
        each
        for each, following in pairwise(history)
        if following.timestamp_ms < cutoff_ms and each.snapshot_id not in protected
    ]


def expire(
    load: Callable[[], Table],
    retention: Retention,
    *,
    settings: Settings,
    clock: Callable[[], float] = time.time,
) -> int:
    """Expire the snapshots of a table that may go; return how many files went.

    The commit comes first: a reader that begins later finds none of what is deleted.
    After a kill in between, the files are orphans.
    """
    table = load()
    going = expired(table, retention, clock=clock)
    if not going:
        return 0
    ids = [each.snapshot_id for each in going]
    left = files_of(table.io, going)

    def without(current: Table) -> None:
        there = {each.snapshot_id for each in current.snapshots()}
        present = [each for each in ids if each in there]
        if present:
            current.maintenance.expire_snapshots().by_ids(present).commit()

    commit(load, without, clock=clock)
    current = load()
    unreferenced = left - files_of(current.io, current.snapshots())
    delete_files(settings, unreferenced)
    return len(unreferenced)


def files_of(io: FileIO, snapshots: Iterable[Snapshot]) -> set[str]:
    """Return every file that snapshots refer to: lists, manifests, data, deletes."""
    found: set[str] = set()
    manifests: dict[str, ManifestFile] = {}
    for snapshot in snapshots:
        found.add(plain(snapshot.manifest_list))
        manifests |= {each.manifest_path: each for each in snapshot.manifests(io)}
    for path, manifest in manifests.items():
        found.add(plain(path))
        found.update(
            plain(entry.data_file.file_path)
            for entry in manifest.fetch_manifest_entry(io)
        )
    return found
