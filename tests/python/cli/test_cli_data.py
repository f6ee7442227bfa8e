"""Foreign extracts: a warehouse of their own, refused files, late files."""

from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest
from built_warehouse import build, ready_dbt
from capacity_process import run_capacity
from marts import assert_equal, read_layer

PROJECT = Path(__file__).resolve().parents[3]
CLOUDWATCH = PROJECT / "tests" / "data" / "cloudwatch"
HEADER = "server_id,timestamp,cpu_p95,mem_p95,disk_p95,net_in_p95,net_out_p95\n"

pytestmark = pytest.mark.slow


def write_days(
    path: Path, servers: list[str], *, first: date, days: int, level: float = 40.0
) -> Path:
    """Write a daily extract with a weekly pattern; each server a point higher."""
    lines = []
    for number, server in enumerate(servers):
        for offset in range(days):
            day = first + timedelta(days=offset)
            cpu = level + number - (15 if day.isoweekday() > 5 else 0) + day.day / 10
            lines.append(f"{server},{day},{cpu:.1f},{cpu + 5:.1f},30.0,100.0,50.0\n")
    path.write_text(HEADER + "".join(lines))
    return path


def test_real_series_reach_the_marts(tmp_path: Path) -> None:
    """CloudWatch files of some days: short histories by name, one file refused."""
    files = sorted(CLOUDWATCH.glob("*.csv"))
    ended = run_capacity("run", "--data", *files, warehouse=tmp_path)
    assert ended.returncode == 0, ended.stderr
    assert "disk bytes have no percent" in ended.stderr
    (own,) = tmp_path.glob("data-*")
    assert not (tmp_path / "capacity.duckdb").exists()
    with duckdb.connect(str(own / "capacity.duckdb"), read_only=True) as database:
        series, models = database.execute(
            "select count(distinct server_id || metric), list(distinct forecast_model)"
            " from marts.fct_usage_forecasts"
        ).fetchone() or (0, [])
        loads = database.execute(
            "select count(*) from raw.loads where status = 'loaded'"
        ).fetchone()
    assert loads == (len(files) - 1,)
    assert series > 0
    # under 28 days nothing but the mean by weekday is honest
    assert models == ["weekday_mean"]


def test_a_late_file_is_merged(tmp_path: Path) -> None:
    """A late file is processed from its first day; the result is that of one load."""
    servers = [f"S{number}" for number in range(8)]
    first = date(2025, 1, 1)
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    on_time = write_days(tmp_path / "on_time.csv", servers, first=first, days=60)
    late = write_days(
        tmp_path / "late.csv", ["S8", "S9"], first=first + timedelta(days=30), days=10
    )

    def run(folder: str, *arguments: object) -> str:
        ended = run_capacity(*arguments, warehouse=tmp_path / folder)
        assert ended.returncode == 0, ended.stderr
        return ended.stderr

    run("a", "load", on_time)
    run("a", "build")
    run("a", "load", late)
    run("a", "build")
    run("b", "load", on_time, late)
    # the models that are compared, whole; not their tests once more
    with ready_dbt(tmp_path / "b") as dbt:
        build(dbt, select=["+path:models/intermediate"])
    assert_equal(
        read_layer(tmp_path / "a", "intermediate"),
        read_layer(tmp_path / "b", "intermediate"),
    )


def test_a_refused_file_is_exit_code_3_and_the_others_are_loaded(
    tmp_path: Path,
) -> None:
    """Nothing of the bad file is loaded; the message has file, line, column, value."""
    good = write_days(tmp_path / "good.csv", ["S1"], first=date(2025, 1, 1), days=10)
    bad = tmp_path / "bad.csv"
    bad.write_text(HEADER + "S2,2025-01-01,150,50,30,100,50\n")
    ended = run_capacity("load", good, bad, warehouse=tmp_path)
    assert ended.returncode == 3
    assert "bad.csv" in ended.stderr
    assert "cpu_p95" in ended.stderr
    assert "→" in ended.stderr
    assert "Traceback" not in ended.stderr
    status = run_capacity("status", warehouse=tmp_path)
    assert "good.csv" in status.stdout
    again = run_capacity("load", good, warehouse=tmp_path)
    assert again.returncode == 0, again.stderr
    assert "known" in again.stdout


def test_a_run_over_refused_files_alone_stops(tmp_path: Path) -> None:
    """With nothing loaded there is nothing to build."""
    bad = tmp_path / "bad.csv"
    bad.write_text(HEADER + "S2,2025-01-01,150,50,30,100,50\n")
    ended = run_capacity("run", "--data", bad, warehouse=tmp_path)
    assert ended.returncode == 3
    assert not list(tmp_path.glob("data-*/capacity.duckdb"))


def test_generate_writes_its_files_twice_the_same(tmp_path: Path) -> None:
    """The second time nothing is new, and the files have the same bytes."""
    config = tmp_path / "tiny.yml"
    config.write_text("generator: {server_count: 2, first_date: 2025-01-01}\n")
    texts = []
    for folder in ("one", "two"):
        ended = run_capacity(
            "generate",
            *("--config", config, "--output", tmp_path / folder, "--format", "csv.gz"),
            warehouse=tmp_path,
        )
        assert ended.returncode == 0, ended.stderr
        files = sorted((tmp_path / folder).iterdir())
        assert len(files) == 3
        texts.append([path.read_bytes() for path in files])
    assert texts[0] == texts[1]
    assert "this very fleet is there already" in ended.stderr


def test_generated_and_delivered_rows_do_not_mix(tmp_path: Path) -> None:
    """Generating over delivered data is refused."""
    good = write_days(tmp_path / "good.csv", ["S1"], first=date(2025, 1, 1), days=10)
    assert run_capacity("load", good, warehouse=tmp_path).returncode == 0
    ended = run_capacity("generate", warehouse=tmp_path)
    assert ended.returncode == 3
    assert "generate into a warehouse of its own" in ended.stderr


def test_build_is_green_on_empty_tables(tmp_path: Path) -> None:
    """Right after init there is no row, and still every model and test holds."""
    assert run_capacity("init", warehouse=tmp_path).returncode == 0
    ended = run_capacity("build", warehouse=tmp_path)
    assert ended.returncode == 0, ended.stderr
    jobs = run_capacity("jobs", warehouse=tmp_path)
    assert jobs.returncode == 2
    assert "nothing is built yet" in jobs.stderr
