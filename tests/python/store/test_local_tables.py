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
from python_jobs.store.local_catalog import metadata_locations
from python_jobs.store.local_tables import LocalTables
from python_jobs.store.snapshots import current_snapshot, stored_types

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
        sorted(map(repr, each.rows(METRICS, columns=columns)))
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


def test_snapshots_are_those_that_pyiceberg_plans(store: Store, tmp_path: Path) -> None:
    """The same files, of several commits, of which one removed what another wrote."""
    store.overwrite(
        METRICS,
        metric_rows(["d"], day=date(2025, 1, 1)),
        where=equal_to("timestamp", date(2025, 1, 1)),
    )
    for name, location in metadata_locations(tmp_path).items():
        table = store.catalog.load_table(name)
        planned = sorted(task.file.file_path for task in table.scan().plan_files())
        snapshot = current_snapshot(location)
        assert (snapshot.data_files if snapshot else []) == planned
        fields = table.schema().fields
        types = {field.name: str(field.field_type) for field in fields}
        assert list(stored_types(location).items()) == list(types.items())
    assert len(planned_files(store)) == 2
    delete_position(store.catalog.load_table(METRICS), position=0)
    changed = current_snapshot(metadata_locations(tmp_path)[METRICS])
    assert changed is not None
    assert changed.has_deletes
    assert changed.data_files == planned_files(store)


def planned_files(store: Store) -> list[str]:
    """Return the data files of the metrics as pyiceberg plans them."""
    tasks = store.catalog.load_table(METRICS).scan().plan_files()
    return sorted(task.file.file_path for task in tasks)


def test_a_folder_without_a_warehouse_is_told(tmp_path: Path) -> None:
    """With what makes one; nothing is made by looking."""
    with pytest.raises(PlatformError, match=r"raw\.loads.*`capacity init`"):
        LocalTables(tmp_path).rows("raw.loads", columns=["load_id"])
    assert list(tmp_path.iterdir()) == []
