"""The distinct servers of stored metric rows, read in spans that fit into memory."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

import pyarrow.compute as pc
from pyiceberg.expressions import BooleanExpression

from python_jobs.store import Store
from python_jobs.store.filters import all_of, at_least, less_than


def stored_servers(
    store: Store,
    *,
    first_date: date,
    last_date: date,
    row_count: int,
    where: BooleanExpression | None = None,
    read_rows: int = 1_000_000,
) -> set[str]:
    """Return the servers with metric rows between two days, both included.

    Parameters
    ----------
    row_count
        Rows between these days, about: it tells how many days fit into one read.
    where
        Further filter.
    read_rows
        Rows to read at once, about.
    """
    found: set[str] = set()
    for start, end in _spans(first_date, last_date, row_count, read_rows):
        within = [at_least("timestamp", start), less_than("timestamp", end)]
        if where is not None:
            within.append(where)
        rows = store.read(
            "raw.server_metrics", columns=("server_id",), where=all_of(*within)
        )
        found.update(pc.unique(rows["server_id"]).to_pylist())
    return found


def _spans(
    first: date, last: date, row_count: int, read_rows: int
) -> Iterator[tuple[datetime, datetime]]:
    days = (last - first).days + 1
    step = max(1, min(days, read_rows * days // max(row_count, 1)))
    for offset in range(0, days, step):
        start = datetime.combine(first, time()) + timedelta(days=offset)
        yield start, start + timedelta(days=min(step, days - offset))
