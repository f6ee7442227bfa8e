"""Check that a server's rows keep the statistic of its earlier loads."""

# ruff: noqa: S608 - the query holds no text from outside
from typing import Any

import pyarrow as pa

from python_jobs.loader.columns import Statistic
from python_jobs.loader.reading import Staging
from python_jobs.loader.stored_servers import stored_servers
from python_jobs.store import Store
from python_jobs.store.filters import all_of, equal_to, not_equal_to, one_of

# a longer list costs more than it saves
_LISTED_SERVERS = 200


def reject_other_statistic(
    staging: Staging, *, store: Store, statistic: Statistic, read_rows: int
) -> None:
    """Reject rows of servers that earlier loads brought with another statistic.

    Parameters
    ----------
    staging
        The rows of the file.
    statistic
        What the file's values are.
    read_rows
        Stored rows to read at once, about.
    """
    others = store.read(
        "raw.loads",
        columns=("load_id", "statistic", "rows_accepted", "first_date", "last_date"),
        where=all_of(
            equal_to("status", "loaded"), not_equal_to("statistic", statistic)
        ),
    )
    for load in others.to_pylist():
        if load["statistic"] is None or load["first_date"] is None:
            continue
        servers = _servers(store, staging, load=load, read_rows=read_rows)
        _reject_servers(staging, servers, known_by=load["statistic"])


def _reject_servers(staging: Staging, servers: list[str], *, known_by: str) -> None:
    staging.connection.register(
        "other_servers", pa.table({"server_id": pa.array(servers, pa.string())})
    )
    staging.connection.execute(
        """
        insert into rejects
        select
            row_number,
            'mixed_statistic' as rule,
            'server_id' as column_name,
            server_id || ' is known by ' || $known_by as value
        from typed
        where server_id in (select server_id from other_servers)
        """,
        {"known_by": known_by},
    )
    staging.drop_rejected()


def _servers(
    store: Store, staging: Staging, *, load: dict[str, Any], read_rows: int
) -> list[str]:
    """Return the servers of a load, as far as the file may have them too."""
    where = equal_to("load_id", load["load_id"])
    mine = [
        row[0]
        for row in staging.connection.execute(
            "select distinct server_id from typed order by server_id"
            f" limit {_LISTED_SERVERS + 1}"
        ).fetchall()
    ]
    if len(mine) <= _LISTED_SERVERS:
        where = all_of(where, one_of("server_id", mine))
    found = stored_servers(
        store,
        first_date=load["first_date"],
        last_date=load["last_date"],
        row_count=load["rows_accepted"],
        where=where,
        read_rows=read_rows,
    )
    return sorted(found)
