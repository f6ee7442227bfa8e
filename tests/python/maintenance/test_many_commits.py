"""Many loads and runs cost what few do: files, snapshots and runs have an end."""

import time
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from store_rows import metric_rows, table_of

from python_jobs.loader.config import LoaderConfig
from python_jobs.loader.metrics import load_metrics
from python_jobs.maintenance.automatic import MOST_SNAPSHOTS, tidy
from python_jobs.maintenance.compaction import FEW_FILES
from python_jobs.maintenance.files import files_below, total_bytes
from python_jobs.maintenance.orphans import referenced_files
from python_jobs.maintenance.runs import old_runs
from python_jobs.maintenance.snapshots import Retention, contents, expired
from python_jobs.maintenance.upkeep import Kept, Plan, opened_upkeep
from python_jobs.platform.progress import NoProgress
from python_jobs.platform.settings import Settings
from python_jobs.store import TABLES, Store
from python_jobs.store.catalog import load_table
from python_jobs.store.filters import all_of, at_least, at_most, equal_to

FIRST_DAY = date(2025, 1, 1)
SERVERS = [f"S{number:02d}" for number in range(12)]
METRICS = "raw.server_metrics"
RAW = [name for name in TABLES if name.startswith("raw.")]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Create every table, empty."""
    opened = Store.open(Settings(warehouse=tmp_path / "a b#c'd"))
    opened.init()
    return opened


def load_day(store: Store, number: int, *, days: int = 1) -> float:
    """Load the file of a day, or of several; return the processor time."""
    lines = ["server_id,timestamp,cpu_p95"]
    for day in range(number, number + days):
        stamp = FIRST_DAY + timedelta(days=day)
        lines += [f"{server},{stamp},{day % 90}" for server in SERVERS]
    path = store.settings.warehouse / f"{number}.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    started = time.process_time()
    (report,) = load_metrics(
        [path],
        store=Store.open(store.settings),
        config=LoaderConfig(),
        progress=NoProgress(),
        now=datetime(2026, 1, 31, 12) + timedelta(seconds=number),
    )
    tidy(store, RAW, progress=NoProgress(), shown_ms=(), clock=in_days(1))
    assert (report.status, report.rows_accepted) == ("loaded", days * len(SERVERS))
    return time.process_time() - started


def in_days(days: float) -> Callable[[], float]:
    """Return the clock of a day to come."""
    return lambda: time.time() + days * 86_400


def maintain(store: Store, plan: Plan) -> dict[str, Kept]:
    """Run `capacity maintain` a week from now."""
    with opened_upkeep(store, plan, NoProgress()) as opened:
        object.__setattr__(opened, "clock", in_days(7))
        kept, _, _ = opened.run()
    return {each.name: each for each in kept}


def values(store: Store) -> list[tuple[object, ...]]:
    """Return the measured rows, without the load's name and time."""
    columns = ("server_id", "timestamp", "cpu_p95")
    rows = store.read(METRICS, columns=columns).to_pylist()
    return sorted(tuple(row.values()) for row in rows)


def unreferenced(store: Store) -> dict[str, list[str]]:
    """Return the files below each table that nothing refers to."""
    found = {}
    for name in TABLES:
        table = load_table(store.catalog, name, settings=store.settings)
        stored = set(files_below(store.settings, table.location()))
        if lost := sorted(stored - referenced_files(table)):
            found[name] = lost
    return found


def live(store: Store) -> tuple[int, int]:
    """Return files and bytes of the current snapshots."""
    files = [Path(path) for name in TABLES for path in store.data_files(name)]
    return len(files), sum(path.stat().st_size for path in files)


def test_a_month_of_daily_loads_is_as_small_as_one_load_of_it(
    store: Store, tmp_path: Path, record_figure: Callable[[str, str], None]
) -> None:
    """Equal rows, no orphan, at most three times the files, 1.5 times the bytes.

    Beside the live rows the folder holds what readers of ten snapshots may need.
    """
    for day in range(30):
        load_day(store, day)
    assert unreferenced(store) == {}
    before = values(store)
    maintain(store, Plan(Retention()))
    assert values(store) == before
    assert unreferenced(store) == {}

    at_once = Store.open(Settings(warehouse=tmp_path / "once"))
    at_once.init()
    load_day(at_once, 0, days=30)
    assert values(at_once) == before
    files, size = (
        many / few for many, few in zip(live(store), live(at_once), strict=True)
    )
    record_figure(
        "month_of_loads", f"{files:.2f} times the files, {size:.2f} times the bytes"
    )
    assert files <= 3, files
    assert size <= 1.5, size


@pytest.mark.long
def test_the_hundredth_load_costs_what_the_first_did(
    store: Store, record_figure: Callable[[str, str], None]
) -> None:
    """Processor time, the median of ten against that of loads 2 to 11; no orphan."""
    times = [load_day(store, day) for day in range(100)]
    first, last = sorted(times[1:11])[5], sorted(times[-10:])[5]
    orphans = unreferenced(store)
    record_figure(
        "hundredth_load", f"{last / first:.2f} times the first; {len(orphans)} orphans"
    )
    assert last <= 1.5 * first, (first, last)
    assert orphans == {}
    assert len(values(store)) == 100 * len(SERVERS)


def test_each_month_is_rewritten_apart_and_large_ones_are_left(store: Store) -> None:
    """Months with few files keep them; every row, column and null is the same."""
    for month, count in ((1, FEW_FILES + 1), (2, FEW_FILES)):
        for day in range(1, count + 1):
            add_metrics(store, date(2025, month, day))
    before = sorted(map(repr, store.read(METRICS).to_pylist()))
    kept = maintain(store, Plan(Retention()))[METRICS]
    assert kept.before.data_files == 2 * FEW_FILES + 1
    assert (kept.after.data_files, kept.after.partitions) == (1 + FEW_FILES, 2)
    assert sorted(map(repr, store.read(METRICS).to_pylist())) == before
    again = maintain(store, Plan(Retention()))[METRICS]
    assert not again.is_touched


def test_what_a_built_database_shows_is_kept(store: Store) -> None:
    """Its views name the files of the snapshot that was current when it was built."""
    add_metrics(store, FIRST_DAY)
    shown = store.data_files(METRICS)
    built_ms = int(time.time() * 1000)
    time.sleep(0.01)
    for day in range(1, MOST_SNAPSHOTS + 5):
        add_metrics(store, FIRST_DAY + timedelta(days=day))
    tidy(
        store,
        [METRICS],
        progress=NoProgress(),
        shown_ms=(built_ms,),
        clock=in_days(1),
    )
    assert all(Path(path).exists() for path in shown)
    table = load_table(store.catalog, METRICS, settings=store.settings)
    assert contents(table).snapshots < MOST_SNAPSHOTS
    going = expired(table, Retention(0, 1, (built_ms,)), clock=in_days(99))
    oldest = table.snapshots()[0]
    assert oldest.timestamp_ms <= built_ms
    assert oldest.snapshot_id not in {each.snapshot_id for each in going}
    without = expired(table, Retention(0, 1), clock=in_days(99))
    assert oldest.snapshot_id in {each.snapshot_id for each in without}


def test_metadata_files_have_an_end(store: Store) -> None:
    """The log holds twenty; who leaves it is deleted, not left as an orphan."""
    for day in range(25):
        add_metrics(store, FIRST_DAY + timedelta(days=day))
    location = load_table(store.catalog, METRICS, settings=store.settings).location()
    stored = files_below(store.settings, location)
    assert sum(path.endswith(".metadata.json") for path in stored) == 21
    assert total_bytes(stored) > 0
    assert unreferenced(store) == {}


def add_metrics(store: Store, day: date) -> None:
    """Write the rows of one day."""
    on_day = all_of(at_least("timestamp", day), at_most("timestamp", day))
    store.overwrite(METRICS, metric_rows(SERVERS, day=day), where=on_day)


def test_old_runs_leave_one_a_month(store: Store) -> None:
    """Two newest stay, and of January and February the last; of every job by itself."""
    days = [date(2025, 1, 30), date(2025, 1, 31), date(2025, 2, 10), date(2025, 2, 20)]
    days += [date(2025, 3, 1), date(2025, 3, 2), date(2025, 3, 3)]
    for job in ("server_clusters", "usage_forecasts"):
        for day in days:
            publish(store, job=job, day=day)
    publish(store, job="calendar_weights", day=date(2024, 1, 1))
    maintain(store, Plan(Retention(), keep_runs=2, is_dry=True))
    assert store.read("ml.runs").num_rows == 2 * len(days) + 1
    assert len(old_runs(store, keep_runs=2)) == 6
    # marts that look from 15 February read the run of the 10th
    shown = old_runs(store, keep_runs=2, shown_date=date(2025, 2, 15))
    assert len(shown) == 4
    assert not any(run_id.endswith("2025-02-10") for run_id in shown)

    maintain(store, Plan(Retention(), keep_runs=2))
    kept = Counter(
        (row["job"], row["as_of_date"]) for row in store.read("ml.runs").to_pylist()
    )
    left = [days[1], days[3], days[5], days[6]]
    assert kept == {("calendar_weights", date(2024, 1, 1)): 1} | {
        (job, day): 1 for job in ("server_clusters", "usage_forecasts") for day in left
    }
    rows = store.read("ml.server_clusters").to_pylist()
    assert sorted(row["as_of_date"] for row in rows) == left
    assert old_runs(store, keep_runs=2) == []


def publish(store: Store, *, job: str, day: date) -> None:
    """Write the entry of a run, and one row of the clusters' table."""
    run = {"run_id": f"{job} {day}", "job": job, "as_of_date": day}
    where = equal_to("run_id", run["run_id"])
    store.overwrite("ml.runs", table_of("ml.runs", [run]), where=where)
    if job == "server_clusters":
        row = run | {"server_id": "S00"}
        rows = table_of("ml.server_clusters", [row])
        store.overwrite("ml.server_clusters", rows, where=where)
