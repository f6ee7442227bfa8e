"""The golden fleet: generated servers, and one whose numbers are odd."""

import math
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pyarrow as pa

from python_jobs.platform.settings import Settings
from python_jobs.store import TABLES, Store
from python_jobs.store.catalog import load_table
from python_jobs.store.filters import equal_to

CONFIG = """\
generator:
  server_count: 8
  first_date: 2022-01-01
  last_date: 2025-12-31
jobs:
  candidates: [holt_winters_calendar, sarima_calendar]
"""
ODD_SERVER = "ODD-01"
_LOAD_ID = "written by another program"
_ODD_DAYS = 200
_FIRST = datetime(2025, 6, 15)
_LATE_NUMBER = 82
LATE_DAY = "2025-09-05"
_VALUES = ("cpu_p95", "mem_p95", "disk_p95", "net_in_p95", "net_out_p95")


def odd_rows() -> pa.Table:
    """Return 200 days, but the late one, of a server that no inventory knows.

    CPU is NaN every 7th day and null every 11th, memory is NaN on the first 40 days and
    constant then, disk is 0, and of the network one direction is null for good, the
    other NaN for good.
    """
    rows = []
    for number in range(_ODD_DAYS):
        if number == _LATE_NUMBER:
            continue
        cpu: float | None = 30.0 + number % 5
        if number % 7 == 3:
            cpu = math.nan
        elif number % 11 == 4:
            cpu = None
        memory = math.nan if number < 40 else 55.5
        values = (cpu, memory, 0.0, None, math.nan)
        rows.append(
            {"server_id": ODD_SERVER, "timestamp": _FIRST + timedelta(days=number)}
            | dict(zip(_VALUES, values, strict=True))
            | {"load_id": _LOAD_ID, "loaded_at": datetime(2026, 1, 1)}
        )
    return pa.Table.from_pylist(rows, schema=TABLES["raw.server_metrics"].arrow_schema)


def write_odd_rows(settings: Settings) -> None:
    """Append the rows as another program may: past the store, which refuses NaN."""
    store = Store.open(settings)
    store.init()
    ledger = {
        "load_id": _LOAD_ID,
        "file_name": "none",
        "file_kind": "metrics",
        "statistic": "daily_p95",
        "first_date": _FIRST.date(),
        "last_date": (_FIRST + timedelta(days=_ODD_DAYS - 1)).date(),
        "rows_read": _ODD_DAYS - 1,
        "rows_accepted": _ODD_DAYS - 1,
        "rows_rejected": 0,
        "status": "loaded",
        "loaded_at": datetime.now(UTC).replace(tzinfo=None),
    }
    columns = TABLES["raw.loads"].column_names
    row = pa.table({name: [ledger.get(name)] for name in columns})
    if store.append("raw.loads", row, guard=equal_to("load_id", _LOAD_ID)):
        metrics = load_table(store.catalog, "raw.server_metrics", settings=settings)
        metrics.append(odd_rows())


def write_extract(settings: Settings, path: Path, *, day: str, moved_to: str) -> None:
    """Write the fleet's measurements of a day as an extract of another day.

    CPU grows by a tenth, so that no value is one that is there already.
    """
    rows = Store.open(settings).read(
        "raw.server_metrics", where=equal_to("timestamp", datetime.fromisoformat(day))
    )
    frame: pd.DataFrame = rows.to_pandas().sort_values("server_id")
    frame["timestamp"] = moved_to
    # as in the file
    frame["cpu_p95"] = (frame["cpu_p95"] * 1.1).round(2).clip(upper=100.0)
    complete = frame.dropna(subset=list(_VALUES))
    complete.drop(columns=["load_id", "loaded_at"]).to_csv(path, index=False)


def write_late_day(path: Path) -> None:
    """Write the odd server's day that is not there yet, with every value."""
    path.write_text(
        f"server_id,timestamp,{','.join(_VALUES)}\n"
        f"{ODD_SERVER},{LATE_DAY},44.4,50.5,1.5,10.5,11.5\n"
    )
