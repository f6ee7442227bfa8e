"""Publish the rows of a job, so that a reader sees a whole run or the one before.

Rows come first, then the entry in ``ml.runs`` that makes them count, then older rows of
the same as-of date go. Wherever a process is killed, readers that follow ``ml.runs``
have a whole run, and the next run of the job repairs the rest.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pyarrow as pa

from python_jobs.store import Store
from python_jobs.store.filters import all_of, equal_to, not_equal_to

STAMPS = ("run_id", "as_of_date")
"""Columns that publishing adds to every row."""


@dataclass(frozen=True)
class JobResult:
    """What one run of a job published.

    Attributes
    ----------
    job, run_id, as_of_date
        Which run.
    code_version, data_fingerprint
        What it was made from.
    row_counts
        Rows by table.
    """

    job: str
    run_id: str
    as_of_date: date
    code_version: str
    data_fingerprint: str
    row_counts: Mapping[str, int] = field(default_factory=dict)


def publish(
    outputs: dict[str, pd.DataFrame], *, result: JobResult, store: Store
) -> JobResult:
    """Write the rows, then the entry that makes them count, then remove older ones.

    Frames are taken out of `outputs` as they are written.
    """
    own_rows = equal_to("run_id", result.run_id)
    as_of = equal_to("as_of_date", result.as_of_date)
    published = replace(
        result, row_counts={table: len(frame) for table, frame in outputs.items()}
    )
    for table in published.row_counts:
        store.overwrite(table, _stamped(outputs.pop(table), result), where=own_rows)
    entry = all_of(equal_to("job", result.job), as_of)
    store.overwrite("ml.runs", _entry(published, store=store), where=entry)
    for table in published.row_counts:
        older = all_of(as_of, not_equal_to("run_id", result.run_id))
        store.delete(table, where=older)
    return published


def _stamped(frame: pd.DataFrame, result: JobResult) -> pa.Table:
    """Return rows with the columns of `STAMPS`, which hold one value each."""
    rows = pa.Table.from_pandas(frame, preserve_index=False)
    for name in STAMPS:
        value = pa.array([getattr(result, name)])
        indices = pa.array(np.zeros(len(frame), dtype=np.int8))
        column = pa.DictionaryArray.from_arrays(indices, value)
        rows = rows.append_column(name, column)
    return rows


def _entry(result: JobResult, *, store: Store) -> pa.Table:
    """Return the row of ml.runs; a repeated run keeps its time of publishing."""
    before = store.read("ml.runs", where=equal_to("run_id", result.run_id))
    now = datetime.now(UTC).replace(tzinfo=None)
    published_at = before["published_at"][0].as_py() if before.num_rows else now
    row = {
        "run_id": result.run_id,
        "job": result.job,
        "as_of_date": result.as_of_date,
        "code_version": result.code_version,
        "data_fingerprint": result.data_fingerprint,
        "row_count": sum(result.row_counts.values()),
        "status": "published",
        "published_at": published_at,
    }
    return pa.Table.from_pylist([row])
