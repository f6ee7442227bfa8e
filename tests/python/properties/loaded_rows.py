"""Rows loaded into an empty warehouse, and what it stores of them."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

from python_jobs.loader.config import LoaderConfig
from python_jobs.loader.ledger import LoadReport
from python_jobs.loader.metrics import load_metrics
from python_jobs.platform.progress import NoProgress
from python_jobs.platform.settings import Settings
from python_jobs.store import Store

HEADER = ("server_id", "timestamp", "cpu_p95", "mem_p95")
Row = Sequence[str]


def opened(folder: Path) -> Store:
    """Create every table in a warehouse, empty."""
    store = Store.open(Settings(warehouse=folder))
    store.init()
    return store


def loaded(store: Store, name: str, rows: Iterable[Row]) -> LoadReport:
    """Load rows as a CSV file in which every row may be bad."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([HEADER, *rows])
    path = store.settings.warehouse / name
    path.write_text(text.getvalue(), encoding="utf-8")
    (report,) = load_metrics(
        [path],
        store=store,
        config=LoaderConfig(max_rejected_ratio=1, statistic="daily_p95"),
        progress=NoProgress(),
        now=datetime(2026, 1, 31, 12),
    )
    return report


def measured(store: Store) -> list[tuple[object, ...]]:
    """Return the stored values, sorted by key."""
    columns = ("server_id", "timestamp", "cpu_p95", "mem_p95")
    rows = store.read("raw.server_metrics", columns=columns).to_pylist()
    return sorted(
        (tuple(row[name] for name in columns) for row in rows),
        key=lambda row: row[:2],
    )
