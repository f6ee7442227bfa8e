"""A bench for the loader: a store of its own, files written by hand, short reads."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from python_jobs.loader.columns import Statistic
from python_jobs.loader.config import LoaderConfig
from python_jobs.loader.ledger import LoadReport
from python_jobs.loader.metrics import load_metrics
from python_jobs.loader.servers import load_servers
from python_jobs.platform.progress import NoProgress
from python_jobs.platform.settings import Settings
from python_jobs.store import Store
from python_jobs.store.filters import equal_to

NOW = datetime(2026, 1, 31, 12)
FIRST_DAY = date(2025, 1, 1)


@dataclass(frozen=True)
class Bench:
    """A store, a folder for files, and what a test asks of both."""

    store: Store
    folder: Path

    def file(self, name: str, content: str | bytes) -> Path:
        """Write a file."""
        path = self.folder / name
        data = content.encode() if isinstance(content, str) else content
        path.write_bytes(data)
        return path

    def load(
        self,
        *paths: Path,
        config: LoaderConfig | None = None,
        now: datetime = NOW,
        statistic: Statistic | None = None,
        interval_seconds: int | None = None,
    ) -> list[LoadReport]:
        """Load metric files."""
        return load_metrics(
            paths,
            store=self.store,
            config=config or LoaderConfig(),
            progress=NoProgress(),
            now=now,
            statistic=statistic,
            interval_seconds=interval_seconds,
        )

    def load_text(self, name: str, content: str, **options: Any) -> LoadReport:
        """Write a metric file and load it."""
        (report,) = self.load(self.file(name, content), **options)
        return report

    def load_inventory(
        self, path: Path, *, config: LoaderConfig | None = None, now: datetime = NOW
    ) -> LoadReport:
        """Load an inventory."""
        return load_servers(
            path,
            store=self.store,
            config=config or LoaderConfig(),
            progress=NoProgress(),
            now=now,
        )

    def rows(self, name: str, **equals: str) -> list[dict[str, Any]]:
        """Return the rows of a table, ordered by its first two columns."""
        where = None
        for column, value in equals.items():
            where = equal_to(column, value)
        rows = self.store.read(name, where=where).to_pylist()
        return sorted(rows, key=lambda row: [str(each) for each in row.values()][:2])

    @property
    def metrics(self) -> list[dict[str, Any]]:
        """Rows of raw.server_metrics, without the load's name and time."""
        rows = self.rows("raw.server_metrics")
        audit = ("load_id", "loaded_at")
        return [
            {key: value for key, value in row.items() if key not in audit}
            for row in rows
        ]

    @property
    def rejected(self) -> list[tuple[int, str, str | None, str | None, str | None]]:
        """Rows of raw.rejected_rows: number, rule, column, value, raw row."""
        names = ("row_number", "rule", "column_name", "value", "raw_row")
        rows = self.store.read("raw.rejected_rows").to_pylist()
        return sorted(tuple(row[name] for name in names) for row in rows)

    @property
    def snapshots(self) -> list[int | None]:
        """Versions of every table that a load writes."""
        names = ("server_metrics", "servers", "loads", "rejected_rows")
        return [self.store.snapshot_id(f"raw.{name}") for name in names]


def _bench(folder: Path) -> Bench:
    """Create every table, empty, in a folder whose name is hard to quote."""
    store = Store.open(Settings(warehouse=folder / "a b#c'd"))
    store.init()
    files = folder / "files"
    files.mkdir()
    return Bench(store=store, folder=files)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """Return a bench that this test alone uses."""
    return _bench(tmp_path)


@pytest.fixture(scope="module")
def empty_bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """Return a bench for tests that must not write into its store."""
    return _bench(tmp_path_factory.mktemp("empty"))


WideText = Callable[..., str]


@pytest.fixture
def wide_text() -> WideText:
    """Return a writer of wide daily files: CPU is the number of the day."""

    def text(
        *servers: str, days: int = 30, first_day: date = FIRST_DAY, cpu: float = 0
    ) -> str:
        lines = ["server_id,timestamp,cpu_p95,mem_p95"]
        for server in servers:
            for day in range(days):
                stamp = first_day + timedelta(days=day)
                lines.append(f"{server},{stamp},{cpu + day % 90},50.5")
        return "\n".join(lines) + "\n"

    return text
