"""A small warehouse and the models built on it, by the real dbt."""

import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
from parsed_project import give_parse

from python_jobs.cli.dbt import Dbt
from python_jobs.platform.progress import LogProgress
from python_jobs.platform.settings import Settings
from python_jobs.store import TABLES, Store
from python_jobs.store.filters import equal_to, one_of


def empty_store(warehouse: Path) -> Store:
    """Create every declared table, empty."""
    store = Store.open(Settings(warehouse=warehouse))
    store.init()
    return store


@contextmanager
def ready_dbt(warehouse: Path) -> Iterator[Dbt]:
    """Open dbt on a warehouse: imported and parsed once for all builds inside."""
    give_parse(warehouse / "capacity.duckdb")
    dbt = Dbt(Settings(warehouse=warehouse), LogProgress(io.StringIO()))
    with dbt.ready():
        yield dbt


def build(
    dbt: Dbt,
    *,
    select: Sequence[str],
    variables: Mapping[str, str] | None = None,
    with_tests: bool = False,
) -> None:
    """Build models with what they read; else tests run with the whole project."""
    kinds = ["--resource-type", "seed", "--resource-type", "model"]
    if with_tests:
        kinds += ["--resource-type", "test", "--indirect-selection", "empty"]
    dbt.invoke("models", ["build", *kinds, "--select", *select], variables)


def rows_of(warehouse: Path, relation: str) -> pd.DataFrame:
    """Read a built table, sorted by its columns from the left."""
    path = str(warehouse / "capacity.duckdb")
    with duckdb.connect(path, read_only=True) as connection:
        return connection.execute(f"from {relation} order by all").df()


def load_days(
    store: Store, loads: Mapping[date, float | None], *, load_id: str, server_id: str
) -> None:
    """Deliver one CPU value per day of one server, as a loader does."""
    metrics = [
        {
            "server_id": server_id,
            "timestamp": datetime(day.year, day.month, day.day),
            "region": "us-east-1",
            "cpu_p95": cpu,
            "load_id": load_id,
        }
        for day, cpu in loads.items()
    ]
    store.merge(
        "raw.server_metrics",
        _table("raw.server_metrics", metrics),
        key=("server_id", "timestamp"),
        where=one_of("server_id", [server_id]),
    )
    ledger = {"load_id": load_id, "file_kind": "metrics", "statistic": "daily_p95"}
    ledger["status"] = "loaded"
    store.append(
        "raw.loads", _table("raw.loads", [ledger]), guard=equal_to("load_id", load_id)
    )


def days_from(first: date, count: int) -> list[date]:
    """Return consecutive days."""
    return [first + timedelta(days=number) for number in range(count)]


def _table(name: str, rows: list[dict[str, Any]]) -> pa.Table:
    return pa.table(
        {
            column.name: [row.get(column.name) for row in rows]
            for column in TABLES[name].columns
        }
    )
