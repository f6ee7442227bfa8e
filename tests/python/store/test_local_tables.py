"""What reads a local warehouse without the writer sees what the store sees."""

from datetime import date
from pathlib import Path

import pytest
from delete_files import delete_position
from store_rows import metric_rows

from python_jobs.platform.errors import PlatformError
from python_jobs.platform.settings import Settings
from python_jobs.store import Store
from python_jobs.store.filters import equal_to
from python_jobs.store.local_tables import LocalTables

METRICS = "raw.server_metrics"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Create every table, and three rows of metrics in two files."""
    opened = Store.open(Settings(warehouse=tmp_path))
    opened.init()
    for day, names in ((date(2025, 1, 1), ["a", "b"]), (date(2025, 2, 1), ["c"])):
        rows = metric_rows(names, day=day)
        opened.overwrite(METRICS, rows, where=equal_to("timestamp", day))
    return opened


def test_both_read_the_same(store: Store, tmp_path: Path) -> None:
    """Rows, their number and the snapshot; before the first write there is none."""
    local = LocalTables(tmp_path)
    for name, count in ((METRICS, 3), ("raw.servers", 0)):
        assert local.row_count(name) == store.row_count(name) == count
        assert local.snapshot_id(name) == store.snapshot_id(name)
    columns = ["server_id", "timestamp", "cpu_p95"]
    found, expected = (
        sorted(map(repr, each.read(METRICS, columns=columns).to_pylist()))
        for each in (local, store)
    )
    assert found == expected


def test_rows_deleted_by_another_engine_are_not_counted(
    store: Store, tmp_path: Path
) -> None:
    """A summary counts them with the others: then the rows are read."""
    delete_position(store.catalog.load_table(METRICS), position=0)
    count = len(store.read(METRICS))
    assert count < 3
    assert store.row_count(METRICS) == LocalTables(tmp_path).row_count(METRICS) == count


def test_a_folder_without_a_warehouse_is_told(tmp_path: Path) -> None:
    """With what makes one; nothing is made by looking."""
    with pytest.raises(PlatformError, match=r"raw\.loads.*`capacity init`"):
        LocalTables(tmp_path).read("raw.loads", columns=["load_id"])
    assert list(tmp_path.iterdir()) == []
