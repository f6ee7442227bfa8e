"""Check that a server's rows keep the statistic of its earlier loads."""

from typing import Any

import pyarrow as pa

from python_jobs.loader.columns import Statistic
from python_jobs.loader.reading import Staging
from python_jobs.loader.stored_servers import loads_of_servers, stored_servers
from python_jobs.store import Store
from python_jobs.store.filters import all_of, equal_to, one_of

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
    loads = _earlier_loads(store)
    if all(load["statistic"] == statistic for load in loads):
        return
    servers = _servers_of_file(staging) - _known_alike(
        store, loads, statistic=statistic, read_rows=read_rows
    )
    others = [load for load in loads if load["statistic"] != statistic]
    found = _known_otherwise(store, others, servers=servers, read_rows=read_rows)
    if found:
        _reject_servers(staging, found)


def _earlier_loads(store: Store) -> list[dict[str, Any]]:
    """Return the loads that brought metric rows, oldest first."""
    loads = store.read(
        "raw.loads",
        columns=(
            "load_id",
            "statistic",
            "rows_accepted",
            "first_date",
            "last_date",
            "loaded_at",
        ),
        where=equal_to("status", "loaded"),
    )
    kept = [
        load
        for load in loads.to_pylist()
        if load["statistic"] is not None and load["first_date"] is not None
    ]
    return sorted(kept, key=lambda load: (load["last_date"], load["loaded_at"]))


def _servers_of_file(staging: Staging) -> set[str]:
    rows = staging.connection.execute("select distinct server_id from typed")
    return {row[0] for row in rows.fetchall()}


def _known_alike(
    store: Store,
    loads: list[dict[str, Any]],
    *,
    statistic: Statistic,
    read_rows: int,
) -> set[str]:
    """Return the servers of the newest load with the file's statistic.

    A server has one statistic for all its rows, so these need no further look: of a
    fleet that delivers every day, none does.
    """
    alike = [load for load in loads if load["statistic"] == statistic]
    if not alike:
        return set()
    newest = alike[-1]
    return stored_servers(
        store,
        first_date=newest["first_date"],
        last_date=newest["last_date"],
        row_count=newest["rows_accepted"],
        where=equal_to("load_id", newest["load_id"]),
        read_rows=read_rows,
    )


def _known_otherwise(
    store: Store,
    loads: list[dict[str, Any]],
    *,
    servers: set[str],
    read_rows: int,
) -> dict[str, str]:
    """Return the statistic by which loads brought some of these servers: one pass."""
    if not servers:
        return {}
    # of this file's servers alone, where a list of them prunes data files
    where = one_of("load_id", [load["load_id"] for load in loads])
    if len(servers) <= _LISTED_SERVERS:
        where = all_of(where, one_of("server_id", sorted(servers)))
    found = loads_of_servers(
        store,
        first_date=min(load["first_date"] for load in loads),
        last_date=max(load["last_date"] for load in loads),
        row_count=sum(load["rows_accepted"] for load in loads),
        where=where,
        read_rows=read_rows,
    )
    statistics = {load["load_id"]: load["statistic"] for load in loads}
    return {
        server_id: statistics[load_id]
        for server_id, load_id in sorted(found.items())
        if server_id in servers
    }


def _reject_servers(staging: Staging, known_by: dict[str, str]) -> None:
    servers = pa.table(
        {
            "server_id": pa.array(known_by.keys(), pa.string()),
            "statistic": pa.array(known_by.values(), pa.string()),
        }
    )
    staging.connection.register("other_servers", servers)
    staging.connection.execute(
        """
        insert into rejects
        select
            typed.row_number,
            'mixed_statistic' as rule,
            'server_id' as column_name,
            typed.server_id || ' is known by ' || other_servers.statistic as value
        from typed
        inner join other_servers on typed.server_id = other_servers.server_id
        """
    )
    staging.drop_rejected()
