"""The distinct servers of stored metric rows, read in spans that fit into memory."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

import pyarrow as pa
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
    for within in _spans(first_date, last_date, row_count, read_rows):
        rows = _rows(store, ("server_id",), within, where)
        found.update(pc.unique(rows["server_id"]).to_pylist())
    return found


def loads_of_servers(
    store: Store,
    *,
    first_date: date,
    last_date: date,
    row_count: int,
    where: BooleanExpression,
    read_rows: int,
) -> dict[str, str]:
    """Return one load of each server with metric rows that match, as above."""
    found: dict[str, str] = {}
    for within in _spans(first_date, last_date, row_count, read_rows):
        rows = _rows(store, ("server_id", "load_id"), within, where)
        pairs = rows.group_by("server_id").aggregate([("load_id", "min")])
        found |= dict(
            zip(
                pairs["server_id"].to_pylist(),
                pairs["load_id_min"].to_pylist(),
                strict=True,
            )
        )
    return found


def _rows(
    store: Store,
    columns: tuple[str, ...],
    within: BooleanExpression,
    where: BooleanExpression | None,
) -> pa.Table:
    both = within if where is None else all_of(within, where)
    return store.read("raw.server_metrics", columns=columns, where=both)


def _spans(
    first: date, last: date, row_count: int, read_rows: int
) -> Iterator[BooleanExpression]:
    days = (last - first).days + 1
    step = max(1, min(days, read_rows * days // max(row_count, 1)))
    for offset in range(0, days, step):
        start = datetime.combine(first, time()) + timedelta(days=offset)
        end = start + timedelta(days=min(step, days - offset))
        yield all_of(at_least("timestamp", start), less_than("timestamp", end))
