"""Which published runs of the jobs stay: the newest, and of older months the last.

Every as-of date adds rows to each table ``ml.*``, and the marts read the newest run up
to theirs alone; older ones are kept to look back, one a month.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from python_jobs.store import TABLES, Store
from python_jobs.store.filters import one_of

RUNS = "ml.runs"


def old_runs(
    store: Store, *, keep_runs: int, shown_date: date | None = None
) -> list[str]:
    """Return the ids of the runs that may go.

    Of each job stay the runs of its newest as-of dates, so many as asked, of every
    month the one of its last as-of date, and the one that marts of a date show.

    Parameters
    ----------
    store
        Tables.
    keep_runs
        Newest runs of a job that stay.
    shown_date
        As-of date of the built marts; None: there are none.
    """
    columns = ("run_id", "job", "as_of_date")
    by_job: dict[str, list[dict[str, Any]]] = {}
    for run in store.read(RUNS, columns=columns).to_pylist():
        by_job.setdefault(run["job"], []).append(run)
    return sorted(
        run["run_id"]
        for runs in by_job.values()
        for run in runs_to_remove(runs, keep=keep_runs, shown_date=shown_date)
    )


def remove_runs(store: Store, run_ids: Sequence[str]) -> None:
    """Delete the rows of runs, and last their entries: a killed removal is repeated."""
    if not run_ids:
        return
    where = one_of("run_id", list(run_ids))
    names = [name for name in TABLES if name.startswith("ml.") and name != RUNS]
    for name in (*names, RUNS):
        store.delete(name, where=where)


def runs_to_remove(
    runs: Sequence[Mapping[str, Any]], *, keep: int, shown_date: date | None = None
) -> list[Mapping[str, Any]]:
    """Return the runs of one job that may go, see `old_runs`."""
    newest_first = sorted(runs, key=lambda run: run["as_of_date"], reverse=True)
    dates = [run["as_of_date"] for run in newest_first]
    shown = next((day for day in dates if shown_date and day <= shown_date), None)
    months: set[tuple[int, int]] = set()
    old = []
    for position, (run, day) in enumerate(zip(newest_first, dates, strict=True)):
        month = (day.year, day.month)
        if position >= keep and month in months and day != shown:
            old.append(run)
        months.add(month)
    return old
