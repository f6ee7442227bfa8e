"""Rows of the declared tables, in few words."""

from datetime import date, datetime
from typing import Any

import duckdb
import pyarrow as pa

from python_jobs.platform.settings import Settings
from python_jobs.store import TABLES


def table_of(name: str, rows: list[dict[str, Any]]) -> pa.Table:
    """Make rows of a declared table; columns that a row leaves out are null."""
    columns = {
        column.name: [row.get(column.name) for row in rows]
        for column in TABLES[name].columns
    }
    return pa.table(columns)


def metric_rows(
    servers: list[str], *, day: date, load_id: str = "first", cpu: float = 10.0
) -> pa.Table:
    """Make one row of raw.server_metrics per server, all on one day."""
    return table_of(
        "raw.server_metrics",
        [
            {
                "server_id": server,
                "timestamp": datetime(day.year, day.month, day.day),
                "cpu_p95": cpu,
                "load_id": load_id,
            }
            for server in servers
        ],
    )


def load_row(load_id: str) -> pa.Table:
    """Make one row of raw.loads."""
    return table_of("raw.loads", [{"load_id": load_id, "status": "loaded"}])


def build_features(settings: Settings, *, levels: dict[str, float]) -> None:
    """Write feat_server_clusters as dbt would: one row per server."""
    with duckdb.connect(str(settings.warehouse / "capacity.duckdb")) as connection:
        connection.execute("create schema if not exists features")
        connection.execute(
            "create or replace table features.feat_server_clusters"
            " (server_id varchar, level double, unread_column varchar)"
        )
        connection.executemany(
            "insert into features.feat_server_clusters values (?, ?, 'x')",
            list(levels.items()),
        )
