"""Old snapshots go with their files; what a reader or a writer needs stays."""

import os
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest
from pyiceberg.table import Table

from python_jobs.maintenance import orphans as module
from python_jobs.maintenance.files import files_below, plain, total_bytes
from python_jobs.maintenance.orphans import check_agreement, referenced_files
from python_jobs.maintenance.snapshots import Retention, contents, expire, expired
from python_jobs.maintenance.upkeep import Kept, Plan, opened_upkeep
from python_jobs.platform.errors import RunError
from python_jobs.platform.progress import NoProgress
from python_jobs.platform.settings import Settings
from python_jobs.store import TABLES, Store
from python_jobs.store.catalog import load_table
from python_jobs.store.filters import equal_to

DAY = 86_400
NAME = "ml.server_clusters"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Put the warehouse in a folder whose name holds a blank, a hash and a quote."""
    return Settings(warehouse=tmp_path / "a b#c'd")


@pytest.fixture
def store(settings: Settings) -> Store:
    """Create every table, and write one five times: five and more snapshots."""
    opened = Store.open(settings)
    opened.init()
    for number in range(5):
        write(opened, number)
    return opened


def write(store: Store, number: int) -> None:
    """Replace the only row of the run."""
    row: dict[str, object] = dict.fromkeys(TABLES[NAME].column_names)
    row |= {"run_id": "a", "as_of_date": date(2025, 1, 1), "server_id": f"S{number}"}
    rows = pa.table({key: [value] for key, value in row.items()})
    store.overwrite(NAME, rows, where=equal_to("run_id", "a"))


def loading(store: Store) -> Callable[[], Table]:
    """Return how the table is loaded as it is now."""
    return lambda: load_table(store.catalog, NAME, settings=store.settings)


def in_days(days: float) -> Callable[[], float]:
    """Return the clock of a day to come."""
    return lambda: time.time() + days * DAY


def upkeep(store: Store, plan: Plan, *, days: float = 0) -> dict[str, Kept]:
    """Run maintenance; return what became of each table."""
    with opened_upkeep(store, plan, NoProgress()) as opened:
        object.__setattr__(opened, "clock", in_days(days))
        kept, tables, beside = opened.run()
    assert (tables.leftovers, beside) == ((), {})
    return {each.name: each for each in kept}


def test_a_snapshot_stays_for_days_after_its_successor(store: Store) -> None:
    """Not after its own commit: it was read until the next one came."""
    table = loading(store)()
    count = len(table.snapshots())
    assert count >= 5
    keep_one = Retention(keep_days=5, keep_last=1)
    assert expired(table, keep_one, clock=in_days(4.9)) == []
    assert len(expired(table, keep_one, clock=in_days(5.1))) == count - 1
    keep_three = Retention(keep_days=5, keep_last=3)
    assert len(expired(table, keep_three, clock=in_days(99))) == count - 3


def test_branches_and_tags_never_go(store: Store) -> None:
    """Somebody named them to keep them."""
    table = loading(store)()
    oldest = table.snapshots()[0].snapshot_id
    table.manage_snapshots().create_tag(oldest, "audit").commit()
    going = expired(loading(store)(), Retention(5, 1), clock=in_days(99))
    assert oldest not in {each.snapshot_id for each in going}


def test_files_go_with_the_last_snapshot_that_needs_them(store: Store) -> None:
    """The current rows are whole, and a second run finds nothing to do."""
    before = files_below(store.settings, loading(store)().location())
    gone = expire(
        loading(store), Retention(5, 1), settings=store.settings, clock=in_days(6)
    )
    table = loading(store)()
    after = files_below(store.settings, table.location())
    assert len(table.snapshots()) == 1
    assert gone > 5
    # one more file: the metadata of the commit itself
    assert len(after) == len(before) - gone + 1
    assert store.read(NAME)["server_id"].to_pylist() == ["S4"]
    assert set(after) == referenced_files(table)
    again = expire(
        loading(store), Retention(5, 1), settings=store.settings, clock=in_days(6)
    )
    assert again == 0


def test_a_reader_of_a_kept_snapshot_loses_no_file(store: Store) -> None:
    """It planned its files before, and reads them after."""
    scan = loading(store)().scan()
    planned = list(scan.plan_files())
    write(store, 5)
    # a write is two snapshots: one without the old rows, one with the new ones
    expire(loading(store), Retention(5, 3), settings=store.settings, clock=in_days(6))
    assert all(Path(task.file.file_path).exists() for task in planned)
    assert scan.to_arrow()["server_id"].to_pylist() == ["S4"]


def test_a_writer_in_between_is_no_hindrance(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The commit is made again from the new state; both changes are there."""
    calls = 0

    def load() -> Table:
        nonlocal calls
        calls += 1
        table = loading(store)()
        if calls == 2:
            write(store, 6)
        return table

    expire(load, Retention(5, 1), settings=store.settings, clock=in_days(6))
    assert store.read(NAME)["server_id"].to_pylist() == ["S6"]


def test_a_dry_run_changes_nothing(store: Store) -> None:
    """It tells how many snapshots would go."""
    before = files_below(store.settings, loading(store)().location())
    plan = Plan(Retention(5, 1), is_dry=True, deletes_orphans=True)
    kept = upkeep(store, plan, days=6)[NAME]
    assert kept.expiring == kept.before.snapshots - 1 > 3
    assert kept.before == kept.after
    assert files_below(store.settings, loading(store)().location()) == before


def test_the_report_counts_what_went(store: Store) -> None:
    """Files, snapshots, bytes; tables without a second snapshot are left alone."""
    kept = upkeep(store, Plan(Retention(5, 1)), days=6)
    assert set(kept) == set(TABLES)
    assert kept[NAME].after.snapshots == 1
    assert kept[NAME].after.data_files == 1
    assert kept[NAME].bytes_before > kept[NAME].bytes_after > 0
    assert kept["raw.loads"].before == kept["raw.loads"].after
    assert not any(each.orphans.files for each in kept.values())


def orphan(store: Store, name: str, *, days: float) -> Path:
    """Put a file of nobody's into the table's folder, written days ago."""
    path = Path(plain(loading(store)().location())) / "data" / name
    path.write_bytes(b"x" * 100)
    written = time.time() - days * DAY
    os.utime(path, (written, written))
    return path


def test_orphans_are_reported_and_deleted_only_when_asked_and_old(
    store: Store,
) -> None:
    """The young one may belong to a writer that is at work."""
    old, young = orphan(store, "old.parquet", days=4), orphan(store, "new", days=0.5)
    reported = upkeep(store, Plan(Retention()))[NAME].orphans
    assert set(reported.files) == {str(old), str(young)}
    assert set(reported.old) == {str(old)}
    assert reported.oldest_days == 4
    assert total_bytes(reported.files) == 200
    assert old.exists()

    upkeep(store, Plan(Retention(), deletes_orphans=True, is_dry=True))
    assert old.exists()
    kept = upkeep(store, Plan(Retention(), deletes_orphans=True))[NAME]
    assert not old.exists()
    assert young.exists()
    assert kept.bytes_before - kept.bytes_after == 100
    assert store.read(NAME).num_rows == 1


def test_no_day_below_the_least_is_taken(store: Store) -> None:
    """Even when it is asked for."""
    young = orphan(store, "new.parquet", days=0.9)
    plan = Plan(Retention(), orphan_days=0, deletes_orphans=True)
    upkeep(store, plan)
    assert young.exists()
    assert module.LEAST_DAYS == 1


def test_a_list_that_lacks_live_files_is_refused(store: Store) -> None:
    """Were names written in two ways, live files would look like orphans."""
    table = loading(store)()
    with pytest.raises(RunError, match=r"ml\.server_clusters: 3 of its files are not"):
        check_agreement(table, {})


def test_paths_are_compared_in_one_form() -> None:
    """Engines write the same address differently."""
    assert plain("file:///a/b") == plain("file:/a/b") == plain("/a/b") == "/a/b"
    assert plain("s3a://lake/x") == plain("s3://lake/x") == "s3://lake/x"


def test_the_current_snapshot_is_counted(store: Store) -> None:
    """One file in one partition; an empty table has none."""
    found = contents(loading(store)())
    assert (found.data_files, found.delete_files, found.partitions) == (1, 0, 1)
    empty = load_table(store.catalog, "raw.servers", settings=store.settings)
    assert contents(empty).snapshots == 0
