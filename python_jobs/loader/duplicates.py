"""Of two rows with one key the first is kept: in a file, and across loads."""

# ruff: noqa: S608 - texts from outside pass literal(), names are our own
from collections.abc import Sequence

from python_jobs.loader.chunks import Chunk, show_stored_rows
from python_jobs.loader.columns import METRIC_COLUMNS
from python_jobs.loader.fields import literal
from python_jobs.loader.reading import Staging
from python_jobs.store import Store
from python_jobs.store.filters import all_of, equal_to

_DUPLICATE = "'duplicate_key' as rule, 'timestamp' as column_name"


def reject_repeated_rows(staging: Staging, chunks: Sequence[Chunk]) -> None:
    """Reject repeated keys of a file, and count the seconds between its samples.

    A key is server and timestamp, and in long files the metric. The counts go into
    table ``spacings`` (server_id, seconds, pair_count).
    """
    connection = staging.connection
    connection.execute(
        "create table spacings (server_id varchar, seconds bigint, pair_count bigint)"
    )
    for chunk in chunks:
        connection.execute(f"""
            create or replace temp table neighbours as
            select
                row_number,
                server_id,
                timestamp,
                epoch(timestamp) - lag(epoch(timestamp)) over (
                    partition by server_id, metric
                    order by timestamp, row_number
                ) as seconds
            from typed
            where {chunk.sql}
        """)
        connection.execute(f"""
            insert into rejects
            select row_number, {_DUPLICATE}, cast(timestamp as varchar) as value
            from neighbours
            where seconds = 0
        """)
        connection.execute("""
            insert into spacings
            select server_id, cast(round(seconds) as bigint), count(*)
            from neighbours
            where seconds > 0
            group by all
        """)
    staging.drop_rejected()


def reject_stored_rows(
    staging: Staging, chunks: Sequence[Chunk], *, store: Store, load_id: str
) -> None:
    """Reject rows that bring what an earlier load has stored under the same key.

    A row that only adds metrics which the stored row lacks is no duplicate: one file
    may bring a server's CPU and another its network. Rows of a load that the ledger
    does not have as loaded reject nothing; those without a load do.
    """
    loaded = store.read(
        "raw.loads", columns=("load_id",), where=equal_to("status", "loaded")
    )
    staging.connection.register("loaded", loaded)
    _repeat_earlier_attempt(staging, store=store, load_id=load_id)
    both = " or ".join(
        f"(typed.{column} is not null and stored.{column} is not null)"
        for column in METRIC_COLUMNS
    )
    nothing = " and ".join(f"typed.{column} is null" for column in METRIC_COLUMNS)
    for chunk in chunks:
        if not show_stored_rows(store, staging, where=chunk.where(staging)):
            continue
        staging.connection.execute(
            f"""
            insert into rejects
            select
                typed.row_number,
                {_DUPLICATE},
                cast(typed.timestamp as varchar) as value
            from typed
            inner join stored
                on typed.server_id = stored.server_id
                and typed.timestamp = stored.timestamp
            where
                stored.load_id is distinct from {literal(load_id)}
                and (
                    stored.load_id is null
                    or stored.load_id in (select load_id from loaded)
                )
                and ({both} or (typed.metric is null and {nothing}))
            """
        )
    staging.drop_rejected()


def _repeat_earlier_attempt(staging: Staging, *, store: Store, load_id: str) -> None:
    """Reject what an earlier attempt at this load rejected as stored before it.

    That attempt may have been killed after it had merged its other rows into the
    stored ones, which carry its name since.
    """
    mine = all_of(equal_to("load_id", load_id), equal_to("rule", "duplicate_key"))
    columns = ("row_number", "rule", "column_name", "value")
    earlier = store.read("raw.rejected_rows", columns=columns, where=mine)
    if earlier.num_rows:
        staging.connection.register("earlier", earlier)
        staging.connection.execute(
            "insert into rejects select * from earlier"
            " where row_number in (select row_number from typed)"
        )
        staging.drop_rejected()
