"""Into the store: once, replaced, refused, repaired."""

from datetime import date, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from pyiceberg.expressions import AlwaysTrue

from python_jobs.generator import GeneratedFleet, small_fleet, write
from python_jobs.platform.errors import InputError
from python_jobs.platform.settings import Settings
from python_jobs.store import TABLES, Store
from python_jobs.store.filters import equal_to

NAMES = ("server_metrics", "servers", "loads", "generator_truth")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Every declared table, empty."""
    opened = Store.open(Settings(warehouse=tmp_path))
    opened.init()
    return opened


def assert_holds(store: Store, fleet: GeneratedFleet) -> None:
    """Assert that the store's rows are the fleet's, in any order."""
    for name in NAMES:
        table: pa.Table = getattr(fleet, name)
        keys = [(key, "ascending") for key in TABLES[f"raw.{name}"].key]
        assert store.read(f"raw.{name}").sort_by(keys).equals(table.sort_by(keys)), name


def snapshots(store: Store) -> list[int | None]:
    """Return the current snapshot of each table."""
    return [store.snapshot_id(f"raw.{name}") for name in NAMES]


def test_writing_twice_is_writing_once(store: Store, small: GeneratedFleet) -> None:
    """The second time nothing is committed."""
    assert write(small, store)
    assert_holds(store, small)
    before = snapshots(store)
    assert not write(small_fleet(), store)
    assert snapshots(store) == before


def test_another_configuration_replaces_the_rows(
    store: Store, small: GeneratedFleet
) -> None:
    """Fewer servers, another year: nothing of the first fleet is left."""
    write(small, store)
    other = small_fleet(server_count=3, first_date="2024-11-01", last_date="2024-12-31")
    assert write(other, store)
    assert_holds(store, other)


def test_delivered_data_is_never_replaced(store: Store, small: GeneratedFleet) -> None:
    """A warehouse with an extract in it refuses the generator and stays as it is."""
    row = {
        "server_id": "real-1",
        "timestamp": datetime(2025, 1, 1),
        "cpu_p95": 12.0,
        "load_id": "3f2a",
        "loaded_at": datetime(2025, 1, 2),
    }
    schema = TABLES["raw.server_metrics"].arrow_schema
    rows = pa.Table.from_pylist([row], schema=schema)
    store.overwrite("raw.server_metrics", rows, where=equal_to("load_id", "3f2a"))
    with pytest.raises(InputError, match=r"1 rows of delivered data \(load 3f2a\)"):
        write(small, store)
    assert store.read("raw.server_metrics").num_rows == 1
    assert store.read("raw.servers").num_rows == 0


def test_a_run_killed_half_way_is_repaired(store: Store, small: GeneratedFleet) -> None:
    """Ledger gone, two tables of another fleet: what a kill between writes leaves."""
    write(small, store)
    other = small_fleet(seed=1)
    store.delete("raw.loads", where=equal_to("file_kind", "generated"))
    store.overwrite("raw.servers", other.servers, where=AlwaysTrue())
    store.overwrite("raw.server_metrics", other.server_metrics, where=AlwaysTrue())
    assert write(small, store)
    assert_holds(store, small)


def test_the_load_says_what_was_delivered(small: GeneratedFleet) -> None:
    """One load, named by its content; loaded the day after the last one, no clock."""
    load = small.loads.to_pylist()[0]
    assert load["load_id"] == small.load_id == f"generated-{load['file_sha256'][:16]}"
    assert load["file_name"] == "raw_server_metrics_2025-01-01_to_2025-12-31.parquet"
    assert load["rows_read"] == load["rows_accepted"] == 8 * 365
    assert (load["first_date"], load["last_date"]) == (
        date(2025, 1, 1),
        date(2025, 12, 31),
    )
    assert load["loaded_at"] == datetime(2026, 1, 1)


def test_late_rows_come_with_a_second_load(store: Store) -> None:
    """The table has each row once, whichever load brought it."""
    fleet = small_fleet(deliveries={"late_rate": 0.1, "late_days": 5})
    write(fleet, store)
    assert_holds(store, fleet)
    on_time, late = fleet.loads.to_pylist()
    assert on_time["rows_read"] + late["rows_read"] == 8 * 365
    assert late["rows_read"] == pytest.approx(292, abs=60)
    assert late["load_id"] == f"{fleet.load_id}-late"
    assert late["loaded_at"] == datetime(2026, 1, 6)
