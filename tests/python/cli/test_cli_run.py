"""`capacity run` for real: a small fleet from nothing to the summary, and again."""

import json
import signal
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from capacity_process import Ended, environment, program, run_capacity
from marts import assert_equal, read_layer
from open_database import opened
from parsed_project import give_parse
from rich.console import Console

from python_jobs.cli.analyses import analyses
from python_jobs.cli.kept_queries import kept_query
from python_jobs.cli.session import Session
from python_jobs.maintenance.files import files_below
from python_jobs.maintenance.orphans import referenced_files
from python_jobs.platform.errors import PlatformError
from python_jobs.platform.file_lock import held
from python_jobs.platform.progress import open_progress
from python_jobs.platform.settings import Settings
from python_jobs.store import TABLES, Store
from python_jobs.store.catalog import load_table

PROJECT = Path(__file__).resolve().parents[3]
CONFIG = """\
generator:
  server_count: 8
  first_date: 2024-07-01
  last_date: 2025-12-31
jobs:
  candidates: [holt_winters_calendar]
"""

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the configuration of eight servers over a year and a half."""
    path = tmp_path_factory.mktemp("config") / "tiny.yml"
    path.write_text(CONFIG)
    return path


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the small fleet."""
    return tmp_path_factory.mktemp("tiny")


@pytest.fixture(scope="module")
def first_run(config: Path, warehouse: Path) -> Ended:
    """Run everything once."""
    ended = run_capacity("run", "--config", config, warehouse=warehouse)
    assert ended.returncode == 0, ended.stderr
    return ended


def one(warehouse: Path, sql: str) -> tuple[object, ...]:
    """Return the first row of a query."""
    with duckdb.connect(str(warehouse / "capacity.duckdb"), read_only=True) as database:
        row = database.execute(sql).fetchone()
    assert row is not None
    return row


def test_run_ends_with_the_summary(first_run: Ended, warehouse: Path) -> None:
    """Fleet, forecasts, risk, actions and places are on one screen."""
    text = " ".join(first_run.stdout.split())
    assert "Capacity as of 2025-12-31" in text
    # 8 servers; 549 days from 1 July 2024 to 31 December 2025; 8 x 549 rows
    assert "8 servers, 549 days (2024-07-01 to 2025-12-31), 4,392 raw rows" in text
    for subject in (
        "forecasts",
        "at risk in 30 days",
        "at risk in 90 days",
        "actions",
        "Error over 90 days",
    ):
        assert subject in text
    metrics = [
        line.split()[0] for line in first_run.stdout.splitlines() if line.strip()
    ]
    for metric in ("all", "cpu", "disk", "memory", "network_in", "network_out"):
        assert metrics.count(metric) == 1
    assert str(warehouse / "capacity.duckdb") in "".join(first_run.stdout.split())


def test_progress_is_json_lines_in_a_pipe(first_run: Ended, warehouse: Path) -> None:
    """Every line of standard error is an object; the steps come in their order."""
    events = [json.loads(line) for line in first_run.stderr.splitlines()]
    started = [line["message"] for line in events if line.get("state") == "started"]
    assert started == [
        "generate",
        "as-of date",
        "features",
        "calendar_weights",
        "usage_forecasts",
        "server_clusters",
        "models and tests",
        "queries",
    ]
    done = {line["message"]: line for line in events if line.get("state") == "done"}
    # 8 servers x 5 metrics x (live, and five backtests twice)
    assert done["usage_forecasts"]["done"] == 440
    # each node once: what a step has built and tested, the next leaves alone
    manifest = json.loads((warehouse / "target" / "manifest.json").read_text())
    kinds = [node["resource_type"] for node in manifest["nodes"].values()]
    count = sum(kind in ("model", "seed", "test") for kind in kinds)
    steps = ("as-of date", "features", "models and tests")
    assert sum(done[step]["done"] for step in steps) == count + len(
        manifest["exposures"]
    )


def test_every_series_has_a_forecast(first_run: Ended, warehouse: Path) -> None:
    """8 servers x 5 metrics, 400 days ahead of the as-of date, none missing."""
    count, first, last = one(
        warehouse,
        "select count(*), min(target_date)::varchar, max(target_date)::varchar"
        " from marts.fct_usage_forecasts",
    )
    assert (count, first, last) == (8 * 5 * 400, "2026-01-01", "2027-02-04")


def test_a_run_leaves_no_file_of_nobody(first_run: Ended, warehouse: Path) -> None:
    """Every file in the folder of a table is one that the table's metadata name."""
    store = Store.open(Settings(warehouse=warehouse))
    for name in TABLES:
        table = load_table(store.catalog, name, settings=store.settings)
        stored = files_below(store.settings, table.location())
        assert set(stored) <= referenced_files(table), name


def test_running_twice_changes_nothing(
    first_run: Ended, config: Path, warehouse: Path
) -> None:
    """The second run generates nothing and publishes the same rows."""
    before = read_layer(warehouse)
    ended = run_capacity("run", "--config", config, warehouse=warehouse)
    assert ended.returncode == 0, ended.stderr
    assert '"generate"' not in ended.stderr
    assert_equal(read_layer(warehouse), before)
    assert ended.stdout == first_run.stdout


def test_a_killed_run_is_repaired_by_running_again(
    first_run: Ended, config: Path, warehouse: Path
) -> None:
    """Killed while dbt builds for another date: readers see none of it, then or later.

    The next run ends the same.
    """
    before = read_layer(warehouse)
    asked = ("query", "servers_above_cpu", "--as-of", "2025-12-31")
    with subprocess.Popen(
        [program(), "build", "--as-of", "2025-12-20", "--config", str(config)],
        env=environment(warehouse),
        cwd=warehouse,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            event = json.loads(line)
            if event["message"] == "models and tests" and event.get("done", 0) > 0:
                break
        meanwhile = run_capacity(*asked, warehouse=warehouse)
        process.send_signal(signal.SIGKILL)
        process.wait()
    # dbt is not the killed process: it ends when nobody reads it any more, or runs on
    wait_for_the_lock(warehouse)
    assert meanwhile.returncode == 0, meanwhile.stderr
    assert run_capacity(*asked, warehouse=warehouse).stdout == meanwhile.stdout
    status = run_capacity("status", warehouse=warehouse)
    assert "none on record" not in status.stdout, status.stderr
    assert_equal(read_layer(warehouse), before)
    ended = run_capacity("run", "--config", config, warehouse=warehouse)
    assert ended.returncode == 0, ended.stderr
    assert_equal(read_layer(warehouse), before)


def wait_for_the_lock(warehouse: Path) -> None:
    """Wait until no process holds the lock of the warehouse."""
    for _ in range(180):
        try:
            with held(warehouse / "run.lock", otherwise="held"):
                return
        except PlatformError:
            time.sleep(1)
    pytest.fail("the warehouse is still locked three minutes after the kill")


def test_interrupt_says_that_a_rerun_is_safe(
    first_run: Ended, config: Path, warehouse: Path
) -> None:
    """Ctrl-C ends with 130 and one message; no traceback."""
    # what a script starts in its background ignores SIGINT, and so would the child
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with subprocess.Popen(
        [program(), "build"],
        env=environment(warehouse),
        cwd=warehouse,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        # the first line is there when the first dbt process is about to start
        process.stderr.readline()
        time.sleep(2)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "nothing is half published → run the same command again" in errors
    assert "Traceback" not in errors


def test_status_shows_loads_runs_and_the_build(
    first_run: Ended, warehouse: Path
) -> None:
    """Every table with its rows, the ledger, the published runs."""
    ended = run_capacity("status", warehouse=warehouse)
    assert ended.returncode == 0, ended.stderr
    for text in ("4,392", "generated", "calendar_weights", "2025-12-31"):
        assert text in ended.stdout


def test_a_query_prints_and_exports_the_same_rows(
    first_run: Ended, warehouse: Path, tmp_path: Path
) -> None:
    """Table, CSV and Parquet of one query; the numbers are those of the mart."""
    asked = ("query", "servers_above_cpu", "--above-pct", "20", "--days", "90")
    assert run_capacity(*asked, warehouse=warehouse).returncode == 0
    for name in ("rows.csv", "rows.parquet"):
        path = tmp_path / name
        ended = run_capacity(*asked, "--output", path, warehouse=warehouse)
        assert ended.returncode == 0, ended.stderr
    csv = pd.read_csv(tmp_path / "rows.csv")
    parquet = pd.read_parquet(tmp_path / "rows.parquet")
    pd.testing.assert_frame_equal(csv, parquet, check_dtype=False)
    expected = one(
        warehouse,
        "select count(distinct server_id), count(*) from marts.fct_server_days"
        " where metric = 'cpu' and measured_pct > 20 and metric_date >"
        " (select max(as_of_date) from marts.dim_series) - 90",
    )
    assert (len(csv), csv["day_above_count"].sum()) == expected


def test_the_forecast_by_business_unit_is_weighted_by_capacity(
    first_run: Ended, warehouse: Path, tmp_path: Path
) -> None:
    """The weighted mean, worked out once more in pandas from the facts."""
    path = tmp_path / "units.parquet"
    asked = ("query", "forecast_by_business_unit", "--days", "30", "--output", path)
    ended = run_capacity(*asked, warehouse=warehouse)
    assert ended.returncode == 0, ended.stderr
    marts = read_layer(warehouse)
    servers = marts["dim_servers"].query("is_current")
    days = marts["fct_usage_forecasts"].query("metric == 'cpu' and horizon_days <= 30")
    days = days.merge(servers, on="server_id")
    days["weighted"] = days["forecast_pct"] * days["vcpu_count"]
    sums = days.groupby("business_unit")[["weighted", "vcpu_count"]].sum()
    expected = (sums["weighted"] / sums["vcpu_count"]).rename("forecast_pct")
    units = pd.read_parquet(path).query("metric == 'cpu'")
    found = units.set_index("business_unit")["forecast_pct"]
    pd.testing.assert_series_equal(found, expected, check_names=False, rtol=1e-9)


def test_a_query_refuses_another_date(first_run: Ended, warehouse: Path) -> None:
    """The marts look from one date; asked for another, they are not the answer."""
    asked = ("query", "servers_above_cpu", "--as-of", "2025-06-30")
    ended = run_capacity(*asked, warehouse=warehouse)
    assert ended.returncode == 2
    assert "the marts look from 2025-12-31" in ended.stderr
    assert "`capacity build --as-of 2025-06-30` first" in ended.stderr


def test_jobs_refuse_another_date(first_run: Ended, warehouse: Path) -> None:
    """Features of one date are never fitted as those of another."""
    ended = run_capacity("jobs", "--as-of", "2025-06-30", warehouse=warehouse)
    assert ended.returncode == 2
    assert "the features look from 2025-12-31" in ended.stderr
    assert "`capacity build --as-of 2025-06-30` first" in ended.stderr


def test_saved_models_forecast_what_they_forecast_when_fitted(
    first_run: Ended, warehouse: Path
) -> None:
    """Published as a run of its own, the same numbers to 1e-9, and all of them."""
    settings = replace(Settings.from_environment(), warehouse=warehouse)
    keys = ["server_id", "metric", "target_date"]

    def live() -> pd.DataFrame:
        rows = Store.open(settings).read("ml.usage_forecasts").to_pandas()
        return rows[rows["origin_number"] == 0].sort_values(keys, ignore_index=True)

    fitted = live()
    ended = run_capacity("jobs", "usage_forecasts", "--from-saved", warehouse=warehouse)
    assert ended.returncode == 0, ended.stderr
    again = live()
    assert not set(fitted["run_id"]) & set(again["run_id"])
    assert len(fitted) > 30 * 400
    pd.testing.assert_frame_equal(
        again.drop(columns="run_id"), fitted.drop(columns="run_id"), rtol=1e-9
    )


def test_plain_dbt_builds_what_run_left(first_run: Ended, warehouse: Path) -> None:
    """`dbt build` alone, as analysts call it: models, data tests, unit tests pass."""
    folders = {
        "--project-dir": PROJECT,
        "--profiles-dir": warehouse,
        "--target-path": warehouse / "plain",
        "--log-path": warehouse / "plain",
    }
    give_parse(warehouse / "capacity.duckdb", warehouse / "plain")
    ended = subprocess.run(
        [
            *(program("dbt"), "build", "--target", "duckdb"),
            *(str(each) for option in folders.items() for each in option),
        ],
        env=environment(warehouse),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout[-4000:]
    results = json.loads((warehouse / "plain" / "run_results.json").read_text())
    found = {each["unique_id"].split(".")[0] for each in results["results"]}
    assert {"model", "seed", "test", "unit_test"} <= found
    statuses = {each["status"] for each in results["results"]}
    assert statuses <= {"success", "pass", "no-op"}


def test_a_part_can_be_built(first_run: Ended, warehouse: Path) -> None:
    """A selection builds only its nodes; the next full build merges everything."""
    ended = run_capacity("build", "--select", "dim_dates", warehouse=warehouse)
    assert ended.returncode == 0, ended.stderr
    status = run_capacity("status", warehouse=warehouse)
    assert "none on record" in status.stdout
    built = one(warehouse, "select dbt_selection, run_ids != [] from marts.builds")
    assert built == ("dim_dates", True)


def test_a_part_of_another_date_is_refused(first_run: Ended, warehouse: Path) -> None:
    """The rest would still look from the last one."""
    asked = ("build", "--select", "dim_dates", "--as-of", "2025-06-30")
    ended = run_capacity(*asked, warehouse=warehouse)
    assert ended.returncode == 2
    assert "the marts look from 2025-12-31, not from 2025-06-30" in ended.stderr


def test_a_query_is_compiled_with_the_build(first_run: Ended, warehouse: Path) -> None:
    """What was kept is what dbt compiles now; other files, or none kept: compiled."""
    settings = Settings(warehouse=warehouse, project_dir=PROJECT)
    session = Session(settings, None, None, open_progress(), Console())
    for name in analyses(PROJECT):
        assert kept_query(settings, name) == session.dbt.compile(name, select=name)
    assert kept_query(settings, "no_such_query") is None
    assert (
        kept_query(replace(settings, schema_prefix="other"), "cluster_quality") is None
    )
    assert kept_query(replace(settings, warehouse=PROJECT), "cluster_quality") is None


def test_asking_writes_nothing(first_run: Ended, warehouse: Path) -> None:
    """A folder that may only be read answers: no log, no profile, no artifact."""

    def files() -> dict[str, tuple[int, int]]:
        return {
            str(path): (path.stat().st_mtime_ns, path.stat().st_size)
            for path in warehouse.rglob("*")
            if path.is_file()
        }

    before = files()
    for asked in (("query", "servers_above_cpu"), ("status",)):
        ended = run_capacity(*asked, warehouse=warehouse)
        assert ended.returncode == 0, ended.stderr
    assert files() == before


def test_a_reader_stops_no_command(
    first_run: Ended, warehouse: Path, tmp_path: Path
) -> None:
    """All of them work, and the reader keeps the build that he opened, whole."""
    late = tmp_path / "late.csv"
    late.write_text(
        "timestamp,server_id,cpu_p95,mem_p95,disk_p95,net_in_p95,net_out_p95\n"
        "2025-12-31,SRV-9999,10,10,10,10,10\n"
    )
    seen = "select max(as_of_date)::varchar from marts.dim_series"
    with opened(warehouse / "capacity.duckdb") as reader:
        for command in (
            ("init",),
            ("load", late),
            ("jobs", "calendar_weights"),
            ("maintain",),
            ("query", "servers_above_cpu"),
            ("status",),
            ("build", "--as-of", "2025-12-20"),
        ):
            ended = run_capacity(*command, warehouse=warehouse)
            assert ended.returncode == 0, (command, ended.stderr)
        assert reader.answer(seen) == "2025-12-31"
        assert reader.answer("select as_of_date from marts.builds") == "2025-12-31"
    assert one(warehouse, seen) == ("2025-12-20",)
    assert not list(warehouse.glob("*.wal"))
    assert not (warehouse / "capacity.build.duckdb").exists()
