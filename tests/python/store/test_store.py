"""The store on real Iceberg tables: what is written is read, and never twice."""

import time
from dataclasses import replace
from datetime import date

import pyarrow as pa
import pytest
from store_rows import load_row, metric_rows, table_of

from python_jobs.platform.errors import PlatformError, RunError, UsageError
from python_jobs.platform.settings import Settings
from python_jobs.store import TABLES, Store
from python_jobs.store.filters import all_of, at_least, equal_to, less_than

KEY = ("server_id", "timestamp")
JANUARY = all_of(
    at_least("timestamp", date(2025, 1, 1)), less_than("timestamp", date(2025, 2, 1))
)


def _cpu(store: Store) -> dict[tuple[str, date], float]:
    rows = store.read("raw.server_metrics").to_pylist()
    return {(r["server_id"], r["timestamp"].date()): r["cpu_p95"] for r in rows}


def test_init_creates_every_declared_table_once(settings: Settings) -> None:
    """The first call creates all tables, the second none."""
    store = Store.open(settings)
    assert store.init() == list(TABLES)
    assert store.init() == []
    for name, schema in TABLES.items():
        assert store.read(name).schema.names == list(schema.column_names)
        assert store.snapshot_id(name) is None
        assert store.data_files(name) == []


def test_reading_before_init_says_what_to_run(settings: Settings) -> None:
    """A warehouse that was never set up is named as such."""
    with pytest.raises(
        PlatformError, match=r"raw\.loads does not exist.*capacity init"
    ):
        Store.open(settings).read("raw.loads")


def test_a_table_of_another_version_is_refused(settings: Settings) -> None:
    """Columns that differ from the declared ones stop init before it creates any."""
    store = Store.open(settings)
    store.catalog.create_namespace("raw")
    store.catalog.create_table("raw.loads", schema=pa.schema([("old", pa.string())]))
    said = r"table raw\.loads differs; it has unknown columns old and lacks columns lo"
    with pytest.raises(PlatformError, match=said):
        store.init()
    assert store.catalog.list_tables("raw") == [("raw", "loads")]


def test_a_repeated_init_leaves_no_file_behind(settings: Settings) -> None:
    """Metadata files are written by the first call alone."""
    Store.open(settings).init()
    files = sorted(settings.warehouse.rglob("*.metadata.json"))
    Store.open(settings).init()
    assert sorted(settings.warehouse.rglob("*.metadata.json")) == files


def test_columns_carry_their_comments(store: Store) -> None:
    """What a column means is stored with the table, for every engine."""
    schema = store.catalog.load_table("raw.server_metrics").schema()
    assert schema.find_field("cpu_p95").doc == "CPU used, percent 0-100."
    assert schema.find_field("server_id").required
    assert not schema.find_field("cpu_p95").required


@pytest.mark.parametrize("name", TABLES)
def test_every_kind_of_value_survives_a_round_trip(store: Store, name: str) -> None:
    """A row with a value in every column, and one with keys only, come back equal."""
    values = {
        "string": "a'b ü",
        "integer": 2**53 + 1,
        "number": 0.1,
        "boolean": True,
        "date": date(2025, 12, 31),
        "timestamp": pa.scalar(1_735_689_600_000_001, pa.timestamp("us")).as_py(),
    }
    schema = TABLES[name]
    full = {column.name: values[column.kind] for column in schema.columns}
    kinds = {column.name: column.kind for column in schema.columns}
    first_key = schema.key[0]
    sparse = {key: values[kinds[key]] for key in schema.key} | {first_key: "other"}
    rows = table_of(name, [full, sparse])
    for row in (0, 1):
        value = rows[first_key][row].as_py()
        where = equal_to(first_key, value)
        store.overwrite(name, rows.slice(row, 1), where=where)
    found = store.read(name).sort_by(first_key).to_pylist()
    assert found == rows.sort_by(first_key).to_pylist()


def test_read_selects_columns_and_rows(store: Store) -> None:
    """Columns come in the order asked for, rows by the filter."""
    rows = metric_rows(["a", "b"], day=date(2025, 1, 1))
    store.overwrite("raw.server_metrics", rows, where=equal_to("load_id", "first"))
    found = store.read(
        "raw.server_metrics",
        columns=("cpu_p95", "server_id"),
        where=equal_to("server_id", "b"),
    )
    assert found.to_pylist() == [{"cpu_p95": 10.0, "server_id": "b"}]


def test_overwriting_twice_equals_overwriting_once(store: Store) -> None:
    """The same rows under the same filter are there once; others stay."""
    other = metric_rows(["z"], day=date(2025, 1, 1), load_id="second")
    store.overwrite("raw.server_metrics", other, where=equal_to("load_id", "second"))
    rows = metric_rows(["a", "b"], day=date(2025, 1, 1))
    for _ in range(2):
        store.overwrite("raw.server_metrics", rows, where=equal_to("load_id", "first"))
    assert sorted(server for server, _ in _cpu(store)) == ["a", "b", "z"]
    assert store.read("raw.server_metrics").num_rows == 3


def test_overwrite_refuses_rows_outside_of_its_filter(store: Store) -> None:
    """Such rows would be doubled by a repeat."""
    rows = metric_rows(["a"], day=date(2025, 2, 1))
    with pytest.raises(RunError, match=r"1 of 1 rows to write do not match"):
        store.overwrite("raw.server_metrics", rows, where=JANUARY)
    assert store.snapshot_id("raw.server_metrics") is None


def test_overwriting_with_no_rows_empties_the_filter(store: Store) -> None:
    """A run without rows leaves none of an earlier one."""
    rows = metric_rows(["a"], day=date(2025, 1, 1))
    store.overwrite("raw.server_metrics", rows, where=JANUARY)
    store.overwrite("raw.server_metrics", rows.slice(0, 0), where=JANUARY)
    assert store.read("raw.server_metrics").num_rows == 0


def test_merge_keeps_the_other_rows(store: Store) -> None:
    """A late file with one of three servers replaces that server's row only."""
    day = date(2025, 1, 31)
    fleet = metric_rows(["a", "b", "c"], day=day)
    store.merge("raw.server_metrics", fleet, key=KEY, where=JANUARY)
    late = metric_rows(["b", "d"], day=day, load_id="late", cpu=90.0)
    for _ in range(2):
        store.merge("raw.server_metrics", late, key=KEY, where=JANUARY)
    assert _cpu(store) == {
        ("a", day): 10.0,
        ("b", day): 90.0,
        ("c", day): 10.0,
        ("d", day): 90.0,
    }


def test_merge_leaves_other_months_alone(store: Store) -> None:
    """Data files outside of the filter are not even written again."""
    february = metric_rows(["a"], day=date(2025, 2, 1))
    store.merge(
        "raw.server_metrics",
        february,
        key=KEY,
        where=at_least("timestamp", date(2025, 2, 1)),
    )
    before = store.data_files("raw.server_metrics")
    january = metric_rows(["a"], day=date(2025, 1, 1))
    store.merge("raw.server_metrics", january, key=KEY, where=JANUARY)
    assert set(before) < set(store.data_files("raw.server_metrics"))


def test_merge_refuses_a_key_that_is_there_twice(store: Store) -> None:
    """Which of the two would win is not for the store to decide."""
    rows = metric_rows(["a", "a"], day=date(2025, 1, 1))
    with pytest.raises(
        RunError, match=r"key server_id a, timestamp 2025-01-01 00:00:00"
    ):
        store.merge("raw.server_metrics", rows, key=KEY, where=JANUARY)


def test_a_guarded_append_writes_once(store: Store) -> None:
    """The second append of the same load says so and writes nothing."""
    guard = equal_to("load_id", "l1")
    assert store.append("raw.loads", load_row("l1"), guard=guard)
    snapshot = store.snapshot_id("raw.loads")
    assert not store.append("raw.loads", load_row("l1"), guard=guard)
    assert store.snapshot_id("raw.loads") == snapshot
    assert store.append("raw.loads", load_row("l2"), guard=equal_to("load_id", "l2"))
    assert store.read("raw.loads").num_rows == 2


def test_an_append_must_match_its_own_guard(store: Store) -> None:
    """Otherwise the guard would never find the rows again."""
    with pytest.raises(RunError, match="do not match"):
        store.append("raw.loads", load_row("l1"), guard=equal_to("load_id", "l2"))


def test_delete_removes_the_matching_rows_only(store: Store) -> None:
    """Deleting nothing is fine."""
    rows = metric_rows(["a", "b"], day=date(2025, 1, 1))
    store.overwrite("raw.server_metrics", rows, where=JANUARY)
    for _ in range(2):
        store.delete("raw.server_metrics", where=equal_to("server_id", "a"))
    assert [server for server, _ in _cpu(store)] == ["b"]


def test_a_clock_behind_the_last_write_stops_the_writer(store: Store) -> None:
    """Half a minute is tolerated; more would make metadata other engines refuse."""
    assert store.append("raw.loads", load_row("l1"), guard=equal_to("load_id", "l1"))
    late_ms = store.catalog.load_table("raw.loads").metadata.last_updated_ms
    slightly = replace(store, clock=lambda: late_ms / 1000 - 29)
    assert slightly.append("raw.loads", load_row("l2"), guard=equal_to("load_id", "l2"))
    late_ms = store.catalog.load_table("raw.loads").metadata.last_updated_ms
    behind = replace(store, clock=lambda: late_ms / 1000 - 31)
    with pytest.raises(PlatformError, match=r"raw\.loads holds 20.* as the time"):
        behind.append("raw.loads", load_row("l3"), guard=equal_to("load_id", "l3"))
    assert behind.read("raw.loads").num_rows == 2


def test_a_write_far_ahead_locks_nobody_out(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both times are told; a clock said to be right writes, and once is enough."""
    now = time.time()
    with monkeypatch.context() as ahead:
        ahead.setattr(time, "time", lambda: now + 400 * 86_400)
        store.append("raw.loads", load_row("l1"), guard=equal_to("load_id", "l1"))
    l2, guard = load_row("l2"), equal_to("load_id", "l2")
    said = (
        r"holds .* UTC as the time .* clock says .* UTC: one.*right, .*--accept-clock"
    )
    with pytest.raises(PlatformError, match=said):
        store.append("raw.loads", l2, guard=guard)
    on_athena = replace(store, settings=replace(store.settings, target="athena"))
    assert "wait until then" in str(on_athena._clock_way_out())

    accepting = replace(store.settings, accepts_clock=True)
    assert replace(store, settings=accepting).append("raw.loads", l2, guard=guard)
    assert store.append("raw.loads", load_row("l3"), guard=equal_to("load_id", "l3"))
    assert store.read("raw.loads").num_rows == 3


def test_a_table_that_is_not_declared_is_refused(store: Store) -> None:
    """The message lists the ones there are."""
    with pytest.raises(UsageError, match=r"'raw\.nothing' is not declared.*raw\.loads"):
        store.read("raw.nothing")
