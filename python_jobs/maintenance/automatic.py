"""What a command does by itself for tables that many commits have grown.

pyiceberg copies a table's whole metadata several times a commit, and plans by reading
every manifest: without an end to both, the hundredth load costs five times the first.
"""

import time
from collections.abc import Callable, Sequence

from pyiceberg.table import Table

from python_jobs.maintenance.compaction import bound_metadata, compact
from python_jobs.maintenance.snapshots import Retention, expire
from python_jobs.platform.errors import PlatformError
from python_jobs.platform.progress import Progress
from python_jobs.store import Store
from python_jobs.store.catalog import load_table

MOST_SNAPSHOTS = 30
"""A table with more is looked after; a write of the store is two snapshots."""

_MINUTE = 1 / 1_440
_KEEP_LAST = 10


def tidy(
    store: Store,
    names: Sequence[str],
    *,
    progress: Progress,
    shown_ms: tuple[int, ...] | None,
    clock: Callable[[], float] = time.time,
) -> list[str]:
    """Rewrite small files and expire snapshots of the tables with many of them.

    Parameters
    ----------
    store
        Tables; the caller holds the write lock.
    names
        Tables that the command wrote, ``<schema>.<table>``.
    progress
        Told when a table could not be looked after: that fails no command.
    shown_ms
        What the built database shows, see `Retention`; None: unknown, then snapshots
        go by the retention of `capacity maintain`.
    clock
        Seconds since 1970, as `time.time`.

    Returns
    -------
    list of str
        The tables that were looked after.
    """
    retention = Retention()
    if shown_ms is not None:
        # a reader that planned its files has a minute and ten commits to read them
        retention = Retention(_MINUTE, _KEEP_LAST, shown_ms)
    done = []
    for name in names:

        def load(name: str = name) -> Table:
            return load_table(store.catalog, name, settings=store.settings)

        if len(load().snapshots()) <= MOST_SNAPSHOTS:
            continue
        try:
            bound_metadata(load, clock=clock)
            compact(load, name, clock=clock)
            expire(load, retention, settings=store.settings, clock=clock)
        except (OSError, PlatformError) as error:
            progress.warn(f"table {name} was not compacted: {error}")
        done.append(name)
    return done
