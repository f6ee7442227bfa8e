"""Pieces of a file that fit into memory: a month and a range of servers each."""

# ruff: noqa: S608 - texts from outside pass literal(), names are our own
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa
from pyiceberg.expressions import BooleanExpression

from python_jobs.loader.fields import literal
from python_jobs.loader.reading import Staging
from python_jobs.store import Store
from python_jobs.store.filters import all_of, at_least, at_most, one_of

# up to here a list of servers prunes data files better than their range
_LISTED_SERVERS = 200


@dataclass(frozen=True)
class Chunk:
    """All rows of a range of servers between two timestamps of one month."""

    first_server: str
    last_server: str
    first_timestamp: datetime
    last_timestamp: datetime
    row_count: int

    @property
    def sql(self) -> str:
        """Condition on ``typed``; no two chunks of a file share a row."""
        return (
            f"server_id between {literal(self.first_server)}"
            f" and {literal(self.last_server)}"
            f" and timestamp between timestamp '{self.first_timestamp}'"
            f" and timestamp '{self.last_timestamp}'"
        )

    def where(self, staging: Staging) -> BooleanExpression:
        """Return the filter of the stored rows that this chunk may touch."""
        servers = [
            row[0]
            for row in staging.connection.execute(
                f"select distinct server_id from typed where {self.sql}"
                f" order by server_id limit {_LISTED_SERVERS + 1}"
            ).fetchall()
        ]
        if len(servers) <= _LISTED_SERVERS:
            of_servers = one_of("server_id", servers)
        else:
            of_servers = all_of(
                at_least("server_id", self.first_server),
                at_most("server_id", self.last_server),
            )
        return all_of(
            of_servers,
            at_least("timestamp", self.first_timestamp),
            at_most("timestamp", self.last_timestamp),
        )


def planned_chunks(staging: Staging, *, chunk_rows: int) -> list[Chunk]:
    """Cut the typed rows into chunks of about `chunk_rows`, by month and server.

    A month of one server is never cut.
    """
    rows = staging.connection.execute(f"""
        with server_months as (
            select
                date_trunc('month', timestamp) as month,
                server_id,
                count(*) as row_count,
                min(timestamp) as first_timestamp,
                max(timestamp) as last_timestamp
            from typed
            group by all
        ),
        numbered as (
            select
                *,
                (
                    sum(row_count) over (
                        partition by month
                        order by server_id
                        rows unbounded preceding
                    ) - row_count
                ) // {chunk_rows} as piece
            from server_months
        )
        select
            min(server_id),
            max(server_id),
            min(first_timestamp),
            max(last_timestamp),
            cast(sum(row_count) as bigint)
        from numbered
        group by month, piece
        order by month, piece
    """).fetchall()
    return [Chunk(*row) for row in rows]


def show_stored_rows(
    store: Store, staging: Staging, *, where: BooleanExpression
) -> int:
    """Show stored metric rows to the engine as ``stored``; return their count."""
    rows: pa.Table = store.read("raw.server_metrics", where=where)
    staging.connection.register("stored", rows)
    return int(rows.num_rows)
