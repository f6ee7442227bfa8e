"""Puts the accepted rows of a file into ``raw.server_metrics``, all at once."""

# ruff: noqa: S608 - texts from outside pass literal(), names are our own
from collections.abc import Iterator, Sequence
from datetime import datetime

import pyarrow as pa
from pyiceberg.expressions import BooleanExpression

from python_jobs.loader.chunks import Chunk, show_stored_rows
from python_jobs.loader.columns import METRIC_COLUMNS
from python_jobs.loader.metric_fields import METADATA_COLUMNS
from python_jobs.loader.reading import Staging
from python_jobs.platform.progress import Task
from python_jobs.store import Store


def merge_chunks(
    store: Store,
    staging: Staging,
    chunks: Sequence[Chunk],
    *,
    load_id: str,
    now: datetime,
    task: Task,
) -> None:
    """Merge the typed rows into the stored ones: chunk by chunk, in one commit.

    Stored rows that the file does not name stay as they are. A stored row that the
    file adds metrics to keeps its own, and carries the new load's name.
    """

    def parts() -> Iterator[tuple[pa.Table, BooleanExpression]]:
        for chunk in chunks:
            where = chunk.where(staging)
            show_stored_rows(store, staging, where=where)
            rows = _merged_rows(staging, chunk=chunk, load_id=load_id, now=now)
            if rows.num_rows:
                yield rows, where
            task.advance(chunk.row_count, detail=f"{chunk.first_timestamp:%Y-%m}")

    store.merge_parts("raw.server_metrics", parts, key=("server_id", "timestamp"))


def _merged_rows(
    staging: Staging, *, chunk: Chunk, load_id: str, now: datetime
) -> pa.Table:
    """Return the rows of a chunk, long ones side by side, over the stored ones."""
    columns = (*METADATA_COLUMNS, *METRIC_COLUMNS)
    gathered = ", ".join(f"max({column}) as {column}" for column in METRIC_COLUMNS)
    described = ", ".join(
        f"first({column} order by row_number) filter (where {column} is not null)"
        f" as {column}"
        for column in METADATA_COLUMNS
    )
    merged = ", ".join(
        f"coalesce(stored.{column}, incoming.{column}) as {column}"
        if column in METADATA_COLUMNS
        else f"coalesce(incoming.{column}, stored.{column}) as {column}"
        for column in columns
    )
    return staging.connection.sql(
        f"""
        with incoming as (
            select server_id, timestamp, {described}, {gathered}
            from typed
            where {chunk.sql}
            group by server_id, timestamp
        )
        select
            incoming.server_id,
            incoming.timestamp,
            {merged},
            cast($load_id as varchar) as load_id,
            cast($now as timestamp) as loaded_at
        from incoming
        left join stored
            on incoming.server_id = stored.server_id
            and incoming.timestamp = stored.timestamp
        order by incoming.server_id, incoming.timestamp
        """,
        params={"load_id": load_id, "now": now},
    ).to_arrow_table()
