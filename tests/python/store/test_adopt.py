"""A copied or moved warehouse: refused, adopted, and never a danger to the other."""

import os
import shutil
import time
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from dbt.adapters.duckdb.credentials import DuckDBCredentials
from delete_files import delete_position
from pyiceberg.manifest import ManifestEntry
from pyiceberg.table import Table
from store_rows import load_row, metric_rows

from python_jobs.maintenance.files import delete_files, files_below
from python_jobs.maintenance.orphans import referenced_files
from python_jobs.maintenance.snapshots import Retention
from python_jobs.maintenance.upkeep import Plan, opened_upkeep
from python_jobs.platform.errors import PlatformError
from python_jobs.platform.progress import NoProgress
from python_jobs.platform.settings import Settings
from python_jobs.store import TABLES, Store, adopt
from python_jobs.store.catalog import load_table
from python_jobs.store.dbt_plugin import Plugin
from python_jobs.store.filters import equal_to, one_of
from python_jobs.store.own_files import OwnFileIO
from python_jobs.store.versions import check_local_warehouse

METRICS = "raw.server_metrics"
DAY = 86_400


def load(warehouse: Path, load_id: str, *, day: date = date(2025, 1, 31)) -> None:
    """Write rows of two servers as one load does."""
    store = Store.open(Settings(warehouse=warehouse))
    store.init()
    store.overwrite(
        METRICS,
        metric_rows([f"{load_id}-1", f"{load_id}-2"], day=day, load_id=load_id),
        where=equal_to("load_id", load_id),
    )
    store.append("raw.loads", load_row(load_id), guard=equal_to("load_id", load_id))


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Fill a warehouse by three loads of two months, one of them taken out again.

    Returns its folder, and a copy from which each test gets it back.
    """
    folder = tmp_path_factory.mktemp("home") / "a b#c'd"
    load(folder, "one")
    load(folder, "two", day=date(2025, 2, 1))
    load(folder, "three")
    store = Store.open(Settings(warehouse=folder))
    store.delete(METRICS, where=one_of("load_id", ["one"]))
    return folder, Path(shutil.copytree(folder, folder.with_name("kept")))


@pytest.fixture
def original(filled: tuple[Path, Path]) -> Path:
    """Put the filled warehouse where it was made, as it was."""
    folder, kept = filled
    if folder.is_symlink():
        folder.unlink()
    shutil.rmtree(folder, ignore_errors=True)
    return Path(shutil.copytree(kept, folder))


@pytest.fixture
def copy(original: Path, tmp_path: Path) -> Path:
    """Copy the warehouse, while the original stays in use."""
    return Path(shutil.copytree(original, tmp_path / "deeper" / "copy"))


def state(folder: Path) -> dict[str, bytes]:
    """Return every file of a folder."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def table_in(warehouse: Path, name: str = METRICS) -> Table:
    """Load a table as it is now."""
    store = Store.open(Settings(warehouse=warehouse))
    return load_table(store.catalog, name, settings=store.settings)


def rows(warehouse: Path) -> pa.Table:
    """Read the metrics in order."""
    return Store.open(Settings(warehouse=warehouse)).read(METRICS).sort_by("server_id")


def entries(table: Table, *, lake: Path) -> list[list[object]]:
    """Return all that manifests say, of every snapshot, with paths below the lake."""
    found = []
    for snapshot in table.snapshots():
        for manifest in snapshot.manifests(table.io):
            assert manifest.manifest_length == size(manifest.manifest_path)
            own = manifest.fetch_manifest_entry(table.io, discard_deleted=False)
            found += [[snapshot.snapshot_id, *fields(each, lake=lake)] for each in own]
    return found


def size(path: str) -> int:
    """Return the bytes of a file."""
    return Path(path).stat().st_size


def fields(entry: ManifestEntry, *, lake: Path) -> list[object]:
    """Return the fields of an entry and of its data file."""
    own = entry.data_file
    path = str(Path(own.file_path).relative_to(lake))
    kept = [own._data[number] for number in range(len(own)) if own[number] is not None]
    kept = [path if each == own.file_path else each for each in kept]
    kept = [dict(each) if isinstance(each, Mapping) else each for each in kept]
    return [entry.status, entry.snapshot_id, entry.sequence_number, *map(str, kept)]


def maintain_all(warehouse: Path) -> None:
    """Expire and delete all that may go, days from now; every file is old by then."""
    for path in (warehouse / "lake").rglob("*"):
        os.utime(path, (time.time() - 9 * DAY,) * 2)
    store = Store.open(Settings(warehouse=warehouse))
    plan = Plan(Retention(keep_days=1, keep_last=1), deletes_orphans=True)
    with opened_upkeep(store, plan, NoProgress()) as upkeep:
        object.__setattr__(upkeep, "clock", lambda: time.time() + 9 * DAY)
        upkeep.run()


def test_a_copy_is_refused_by_who_writes_and_by_who_reads(
    original: Path, copy: Path
) -> None:
    """The message names both folders and the one command; no file is other."""
    before = state(copy)
    said = (
        f"the warehouse {copy} was copied or moved: its tables name files in"
        f" {original} → run `capacity --warehouse {copy} adopt` once to make it a"
        " warehouse of its own; nothing was changed"
    )
    for opened in (Store.open, lambda each: check_local_warehouse(each.warehouse)):
        with pytest.raises(PlatformError) as caught:
            opened(Settings(warehouse=copy))
        assert str(caught.value) == said
    assert state(copy) == before


def test_an_adopted_copy_holds_the_same(original: Path, copy: Path) -> None:
    """Rows, snapshots and all that manifests say are equal; no file is an orphan."""
    done = adopt.adopt(copy)
    assert (done.folders, done.table_count) == (str(original), len(TABLES))
    assert rows(copy).equals(rows(original))
    old, new = table_in(original), table_in(copy)
    assert entries(new, lake=copy / "lake") == entries(old, lake=original / "lake")
    for each in old.snapshots():
        before = old.scan(snapshot_id=each.snapshot_id).to_arrow()
        assert new.scan(snapshot_id=each.snapshot_id).to_arrow().equals(before)
    for name in TABLES:
        table = table_in(copy, name)
        listed = set(files_below(Settings(warehouse=copy), table.location()))
        assert listed == referenced_files(table)
    assert adopt.adopt(copy) == adopt.Adopted("", 0, 0)


@pytest.mark.parametrize("is_copy_used", [True, False])
def test_neither_harms_the_other(
    original: Path, copy: Path, is_copy_used: bool
) -> None:
    """Load and maintain one of them: the other's files are as they were."""
    adopt.adopt(copy)
    used, other = (copy, original) if is_copy_used else (original, copy)
    before, expected = state(other), rows(other)
    load(used, "four")
    maintain_all(used)
    assert state(other) == before
    assert rows(other).equals(expected)
    assert rows(used).num_rows == expected.num_rows + 2
    assert len(table_in(used).snapshots()) == 1


def test_a_moved_warehouse_goes_on(original: Path, tmp_path: Path) -> None:
    """It is refused, adopted, and loads; back again the same way."""
    expected = rows(original)
    for target in (tmp_path / "moved", original):
        source = original if target.name == "moved" else tmp_path / "moved"
        source.rename(target)
        with pytest.raises(PlatformError, match="was copied or moved"):
            rows(target)
        adopt.adopt(target)
        assert rows(target).equals(expected)
    load(original, "four")
    assert rows(original).num_rows == expected.num_rows + 2


class Killed(BaseException):
    """Nothing cleans up behind this one."""


def test_a_kill_at_any_write_is_repaired_by_the_same_command(
    original: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until the last step it is refused; then it is whole, without an orphan."""
    expected, moved = rows(original), tmp_path / "moved"
    shutil.copytree(original, moved)
    write, left = OwnFileIO.new_output, 0

    def killed(self: OwnFileIO, location: str) -> object:
        nonlocal left
        left -= 1
        if left < 0:
            Path(location).write_bytes(b"half")
            raise Killed
        return write(self, location)

    kills = 0
    monkeypatch.setattr(OwnFileIO, "new_output", killed)
    for count in range(0, 1000, 2):
        left = count
        try:
            adopt.adopt(moved)
        except Killed:
            kills += 1
            continue
        break
    assert kills > 10
    monkeypatch.undo()
    assert rows(moved).equals(expected)
    table = table_in(moved)
    listed = set(files_below(Settings(warehouse=moved), table.location()))
    assert listed == referenced_files(table)


def test_a_kill_before_the_catalog_changes_leaves_the_old_place_whole(
    original: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Moved, killed, moved back: nothing was lost, and the next adoption works."""
    expected, moved = rows(original), tmp_path / "moved"
    original.rename(moved)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(Killed))
        with pytest.raises(Killed):
            adopt.adopt(moved)
    with pytest.raises(PlatformError, match="was copied or moved"):
        rows(moved)
    # what a kill in the middle of the draft's transaction leaves
    (moved / "catalog.db.adopting-journal").write_bytes(b"left" * 512)
    moved.rename(original)
    assert rows(original).equals(expected)
    original.rename(moved)
    adopt.adopt(moved)
    assert rows(moved).equals(expected)
    assert not list(moved.glob("*.adopting*"))


def test_a_copy_that_lacks_a_file_is_not_adopted(copy: Path) -> None:
    """It was made while a command ran; the message names table and file."""
    gone = next(copy.rglob("*.parquet"))
    live = next(iter((copy / "lake/raw/loads/data").rglob("*.parquet")))
    live.unlink()
    before = (copy / "catalog.db").read_bytes()
    with pytest.raises(PlatformError) as caught:
        adopt.adopt(copy)
    assert f"table raw.loads: {live} is missing, the copy is not" in str(caught.value)
    assert (copy / "catalog.db").read_bytes() == before
    assert gone.exists()


def test_delete_files_of_another_engine_are_not_adopted(
    original: Path, tmp_path: Path
) -> None:
    """They name data files inside, which nothing here rewrites."""
    delete_position(table_in(original), position=0)
    copy = shutil.copytree(original, tmp_path / "copy")
    with pytest.raises(PlatformError, match=r"raw\.server_metrics has delete files"):
        adopt.adopt(copy)


def test_a_folder_without_a_warehouse_is_told(tmp_path: Path) -> None:
    """Nothing can be adopted there."""
    with pytest.raises(PlatformError, match=r"no warehouse in .* → run `capacity init"):
        adopt.adopt(tmp_path)


def test_a_link_to_the_whole_warehouse_is_no_other_place(
    original: Path, tmp_path: Path
) -> None:
    """The folder is the same, by another name; so it is when a link replaces it."""
    link = tmp_path / "link"
    link.symlink_to(original)
    assert rows(link).num_rows == 4
    moved = original.rename(tmp_path / "moved")
    original.symlink_to(moved)
    assert rows(original).num_rows == 4


def test_a_lake_that_is_a_link_is_refused(copy: Path, tmp_path: Path) -> None:
    """Two warehouses would share its files."""
    (copy / "lake").rename(tmp_path / "elsewhere")
    (copy / "lake").symlink_to(tmp_path / "elsewhere")
    for opened in (adopt.adopt, check_local_warehouse):
        with pytest.raises(PlatformError, match=r"lake is a link to .*elsewhere"):
            opened(copy)


def test_a_copy_of_hard_links_gets_files_of_its_own(
    original: Path, tmp_path: Path
) -> None:
    """Catalog and database are the same file under two names until then."""
    shown(original)
    before = state(original)
    copy = shutil.copytree(original, tmp_path / "links", copy_function=os.link)
    adopt.adopt(copy)
    load(copy, "four")
    maintain_all(copy)
    assert state(original) == before
    assert rows(original).num_rows == 4


def shown(warehouse: Path) -> Path:
    """Let dbt's plugin make its views, and return the database."""
    database = warehouse / "capacity.duckdb"
    plugin = Plugin("dbt_plugin", {}, DuckDBCredentials(path=str(database)))
    with duckdb.connect(str(database)) as connection:
        plugin.configure_connection(connection)
    return database


def test_views_show_the_new_place_at_once(original: Path, tmp_path: Path) -> None:
    """Who reads the database reads the files that moved with it."""
    shown(original)
    moved = original.rename(tmp_path / "moved")
    adopt.adopt(moved)
    with duckdb.connect(str(moved / "capacity.duckdb"), read_only=True) as database:
        found = database.execute("select count(*) from raw.server_metrics").fetchone()
    assert found == (4,)


def test_a_database_that_is_open_elsewhere_is_told(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing was adopted then: the catalog comes last."""
    shown_in = copy / "capacity.duckdb"
    shown_in.touch()

    def refuse(_: str) -> None:
        raise duckdb.IOException("Could not set lock on file")

    monkeypatch.setattr(duckdb, "connect", refuse)
    with pytest.raises(
        PlatformError, match=r"capacity\.duckdb cannot be opened: Could"
    ):
        adopt.adopt(copy)
    with pytest.raises(PlatformError, match="was copied or moved"):
        check_local_warehouse(copy)


def test_no_file_outside_is_written_or_deleted(original: Path, copy: Path) -> None:
    """At the lowest place: whatever names it, and by a link inside the lake too."""
    table, settings = table_in(original), Settings(warehouse=original)
    foreign = next((copy / "lake").rglob("*.parquet"))
    link = Path(table.location()) / "link.parquet"
    link.symlink_to(foreign)
    own = next((original / "lake").rglob("*.parquet"))
    before = state(copy)
    for path in (foreign, f"file://{foreign}", link, original / "catalog.db"):
        said = "nothing is written or deleted there"
        with pytest.raises(PlatformError, match=said):
            table.io.new_output(str(path))
        with pytest.raises(PlatformError, match=said):
            table.io.delete(str(path))
        with pytest.raises(PlatformError, match=said):
            delete_files(settings, [str(own), str(path)])
    assert state(copy) == before
    assert own.exists()
    assert table.io.new_input(str(foreign)).exists()


def test_a_catalog_without_tables_is_anywhere(tmp_path: Path) -> None:
    """A kill right after the file was made leaves it empty."""
    (tmp_path / "catalog.db").touch()
    check_local_warehouse(tmp_path)
    assert len(Store.open(Settings(warehouse=tmp_path)).init()) == len(TABLES)
