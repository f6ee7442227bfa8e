"""The real dbt, in processes of its own, over the real tables."""

import math
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from dbt.adapters.duckdb.credentials import DuckDBCredentials
from dbt_common.exceptions import DbtRuntimeError
from delete_files import delete_position
from store_rows import load_row, metric_rows, table_of

from python_jobs.platform.errors import PlatformError
from python_jobs.platform.settings import Settings
from python_jobs.store import TABLES, Store
from python_jobs.store.dbt_plugin import Plugin
from python_jobs.store.filters import equal_to

PROJECT = """
name: plugin_test
version: 1.0.0
config-version: 2
profile: plugin_test
flags: {send_anonymous_usage_stats: false}
"""
PROFILE = """
plugin_test:
  target: duckdb
  outputs:
    duckdb:
      type: duckdb
      path: "{{ env_var('CAPACITY_WAREHOUSE') }}/capacity.duckdb"
      threads: 4
      settings: {integer_division: true, TimeZone: UTC}
      plugins: [{module: python_jobs.store.dbt_plugin}]
"""
MODEL_COUNT = 8
MODEL = """
{{ config(materialized='table') }}
select
    (select count(*) from raw.server_metrics) as metric_count,
    (select sum(cpu_p95) from raw.server_metrics) as cpu_sum,
    (select max(load_id) from raw.loads) as last_load_id,
    (select max(job) from ml.runs) as last_job
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Put the warehouse in a folder that dbt-duckdb can open: it takes no hash."""
    return Settings(warehouse=tmp_path / "it's a warehouse")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Write a dbt project of eight models that read the tables at once."""
    folder = tmp_path / "project"
    (folder / "models").mkdir(parents=True)
    (folder / "dbt_project.yml").write_text(PROJECT)
    (folder / "profiles.yml").write_text(PROFILE)
    for number in range(MODEL_COUNT):
        (folder / "models" / f"model_{number}.sql").write_text(MODEL)
    return folder


def _dbt(project: Path, settings: Settings) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "dbt"), "--no-use-colors", "build"]
    return subprocess.run(
        [*command, "--profiles-dir", ".", "--target-path", "target"],
        cwd=project,
        env={**os.environ, "CAPACITY_WAREHOUSE": str(settings.warehouse)},
        capture_output=True,
        text=True,
        check=False,
    )


def _built(project: Path, settings: Settings) -> tuple[object, ...]:
    """Build, and return the one row that all models agree on."""
    finished = _dbt(project, settings)
    assert f"PASS={MODEL_COUNT} WARN=0 ERROR=0" in finished.stdout, finished.stdout
    union = " union ".join(f"from main.model_{number}" for number in range(MODEL_COUNT))
    path = str(settings.warehouse / "capacity.duckdb")
    with duckdb.connect(path, read_only=True) as connection:
        (row,) = connection.execute(union).fetchall()
    return tuple(row)


def _publish(store: Store, *, job: str) -> None:
    entry = table_of(
        "ml.runs", [{"run_id": "r", "job": job, "as_of_date": date(2025, 1, 1)}]
    )
    store.overwrite("ml.runs", entry, where=equal_to("run_id", "r"))


def test_a_build_shows_the_snapshot_of_its_start(
    store: Store, settings: Settings, project: Path
) -> None:
    """Empty tables, then rows, then other rows: each build sees what is there then."""
    assert _built(project, settings) == (0, None, None, None)

    first = equal_to("load_id", "first")
    for month in (1, 2, 3):
        rows = metric_rows(["a", "b"], day=date(2025, month, 1), load_id=f"l{month}")
        where = equal_to("load_id", f"l{month}")
        store.overwrite("raw.server_metrics", rows, where=where)
    assert store.append("raw.loads", load_row("first"), guard=first)
    _publish(store, job="usage_forecasts")
    assert _built(project, settings) == (6, 60.0, "first", "usage_forecasts")

    _publish(store, job="server_clusters")
    store.delete("raw.server_metrics", where=equal_to("load_id", "l1"))
    assert _built(project, settings) == (4, 40.0, "first", "server_clusters")


def test_a_warehouse_without_tables_says_what_to_run(
    settings: Settings, project: Path
) -> None:
    """A message, not a traceback; and no half-made database is left behind."""
    finished = _dbt(project, settings)
    assert finished.returncode != 0
    assert f"no warehouse in {settings.warehouse} → run `capacity init`" in (
        finished.stdout
    )
    assert "Traceback" not in finished.stdout + finished.stderr
    assert not settings.warehouse.exists()


@pytest.fixture
def connection(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the database as dbt does, after the plugin's check of the warehouse."""
    settings.warehouse.mkdir(exist_ok=True)
    with duckdb.connect(str(settings.warehouse / "capacity.duckdb")) as opened:
        yield opened


def _plugin(settings: Settings) -> Plugin:
    path = str(settings.warehouse / "capacity.duckdb")
    return Plugin("dbt_plugin", {}, DuckDBCredentials(path=path))


def _overwrite_metrics(store: Store) -> None:
    rows = metric_rows(["a", "b", "c"], day=date(2025, 1, 1))
    store.overwrite("raw.server_metrics", rows, where=equal_to("load_id", "first"))


def test_tables_that_are_not_there_are_named(
    settings: Settings, connection: duckdb.DuckDBPyConnection
) -> None:
    """A catalog without its tables is as good as none."""
    Store.open(settings)
    with pytest.raises(DbtRuntimeError, match=r"raw\.server_metrics.*`capacity init`"):
        _plugin(settings).configure_connection(connection)


def test_views_have_the_declared_columns(
    store: Store, settings: Settings, connection: duckdb.DuckDBPyConnection
) -> None:
    """Names, order and types are the same with and without rows."""
    expected = {
        "string": "VARCHAR",
        "integer": "BIGINT",
        "number": "DOUBLE",
        "boolean": "BOOLEAN",
        "date": "DATE",
        "timestamp": "TIMESTAMP",
    }
    plugin = _plugin(settings)
    for _ in range(2):
        plugin.configure_connection(connection)
        for name, schema in TABLES.items():
            found = connection.execute(f"describe {name}").fetchall()
            assert [(row[0], row[1]) for row in found] == [
                (column.name, expected[column.kind]) for column in schema.columns
            ]
        _overwrite_metrics(store)
    count = connection.execute("select count(*) from raw.server_metrics").fetchone()
    assert count == (3,)


_SPILLING = """
select sum(hash(text, place)) from (
    select text, row_number() over (order by text desc) as place
    from (select md5(n::varchar) as text from range(2_000_000) as numbers (n))
)
"""


def test_a_query_that_needs_more_memory_than_the_limit_spills(
    store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It gives the same numbers; without room on the disk it has none to give."""
    del store
    config: dict[str, Any] = {}
    monkeypatch.setenv("CAPACITY_MEMORY_LIMIT_MB", "128")
    plugin = _plugin(settings)
    plugin.update_connection_config(plugin.creds, config)
    path = str(settings.warehouse / "capacity.duckdb")
    with duckdb.connect(path, config=config) as limited:
        assert limited.sql(_SPILLING).fetchall() == duckdb.sql(_SPILLING).fetchall()
        limited.execute("set max_temp_directory_size = '0KB'")
        with pytest.raises(duckdb.OutOfMemoryException):
            limited.sql(_SPILLING).fetchall()


def test_the_limit_of_a_profile_is_kept(store: Store, settings: Settings) -> None:
    """Who sets DuckDB's own option means it."""
    del store
    config: dict[str, Any] = {"memory_limit": "7GB"}
    plugin = _plugin(settings)
    plugin.update_connection_config(plugin.creds, config)
    assert config == {"memory_limit": "7GB"}


def test_a_limit_that_is_no_number_stops_dbt(
    store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the variable and what to give it."""
    del store
    monkeypatch.setenv("CAPACITY_MEMORY_LIMIT_MB", "2GB")
    plugin = _plugin(settings)
    with pytest.raises(DbtRuntimeError, match="MEMORY_LIMIT_MB '2GB' is no whole"):
        plugin.update_connection_config(plugin.creds, {})


def test_rows_deleted_by_another_engine_are_not_shown(
    store: Store, settings: Settings, connection: duckdb.DuckDBPyConnection
) -> None:
    """A snapshot with delete files is shown row by row, to every thread of dbt."""
    _overwrite_metrics(store)
    table = store.catalog.load_table("raw.server_metrics")
    delete_position(table, position=1)
    assert store.read("raw.server_metrics")["server_id"].to_pylist() == ["a", "c"]
    with pytest.raises(PlatformError, match="has delete files"):
        store.data_files("raw.server_metrics")
    _plugin(settings).configure_connection(connection)
    query = "select server_id from raw.server_metrics order by server_id"
    for cursor in (connection, connection.cursor()):
        assert cursor.execute(query).fetchall() == [("a",), ("c",)]


def test_a_nan_of_another_writer_is_found(
    store: Store, settings: Settings, connection: duckdb.DuckDBPyConnection
) -> None:
    """A file's statistics leave NaN out; DuckDB would fold `isnan` to false by them."""
    rows = metric_rows(["a", "b"], day=date(2025, 1, 1))
    cpu = rows.schema.get_field_index("cpu_p95")
    rows = rows.set_column(cpu, "cpu_p95", pa.array([math.nan, 10.0]))
    arrow_schema = TABLES["raw.server_metrics"].arrow_schema
    store.catalog.load_table("raw.server_metrics").append(rows.cast(arrow_schema))
    _plugin(settings).configure_connection(connection)
    found = connection.execute(
        "select server_id from raw.server_metrics where isnan(cpu_p95)"
    ).fetchall()
    assert found == [("a",)]
    known = connection.execute(
        "select sum(case when not isnan(cpu_p95) then cpu_p95 end), "
        "count(*) filter (where cpu_p95 <= 100) from raw.server_metrics"
    ).fetchone()
    assert known == (10.0, 1)


def test_planning_a_hundred_months_is_quick(
    store: Store, settings: Settings, connection: duckdb.DuckDBPyConnection
) -> None:
    """Less than a second, and next to nothing when no table has changed."""
    days = [date(2020 + month // 12, month % 12 + 1, 1) for month in range(100)]
    rows = pa.concat_tables(metric_rows(["a"], day=day) for day in days)
    store.overwrite("raw.server_metrics", rows, where=equal_to("load_id", "first"))
    plugin = _plugin(settings)
    started = time.process_time()
    plugin.configure_connection(connection)
    planned = time.process_time()
    plugin.configure_connection(connection)
    assert planned - started < 1
    assert time.process_time() - planned < 0.2
    count = connection.execute("select count(*) from raw.server_metrics").fetchone()
    assert count == (100,)


def test_the_plugin_loads_nothing_that_only_writers_need() -> None:
    """Every dbt command would pay for it: two seconds on a slow machine."""
    code = (
        "import sys; import python_jobs.store.dbt_plugin;"
        "print({'pandas', 'pyiceberg', 'sqlalchemy', 'pyarrow.dataset'}"
        " & set(sys.modules))"
    )
    command = [sys.executable, "-c", code]
    finished = subprocess.run(command, capture_output=True, text=True, check=True)
    assert finished.stdout == "set()\n"
