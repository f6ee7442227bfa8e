"""The one command on Spark, from features to published rows."""

import json
import subprocess
import sys
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from pyiceberg.catalog import Catalog
from scale_features import METRICS, NAMESPACE, calendar_rows, stored
from typer.testing import CliRunner

from python_jobs.forecasting.scale.__main__ import app

MODEL = ("--model", "level_calendar", "--horizon", "5", "--backtests")
SPARK = ("--engine", "spark", "--master", "local[2]")
TABLES = ("usage_forecasts", "forecast_backtests")


@pytest.fixture(autouse=True)
def warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Point the command at a folder of the test's own."""
    monkeypatch.setenv("CAPACITY_WAREHOUSE", str(tmp_path))
    return tmp_path


def scale_result(*arguments: str) -> dict[str, object]:
    """Run the command in this process, and return what it says."""
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    said: dict[str, object] = json.loads(done.stdout)
    return said


def taken(catalog: Catalog) -> list[pd.DataFrame]:
    """Return the rows of both tables, and empty them."""
    rows = [stored(catalog, each) for each in TABLES]
    for each in TABLES:
        catalog.load_table(("scale", each)).delete()
        assert stored(catalog, each).empty
    return rows


def hold(found: list[pd.DataFrame], *, expected: list[pd.DataFrame]) -> None:
    """Compare tables to the last bit."""
    for rows, others in zip(found, expected, strict=True):
        assert not others.empty
        pd.testing.assert_frame_equal(rows, others, check_exact=True)


def test_the_command_forecasts_an_iceberg_warehouse(catalog: Catalog) -> None:
    """In a process of its own, with a Spark of its own, it gives what chunks give."""
    expected = scale_result("--features", NAMESPACE, *MODEL)
    rows = taken(catalog)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "python_jobs.forecasting.scale"),
            *SPARK,
            *MODEL,
            *("--features", NAMESPACE),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == expected
    assert expected["series_count"] == 40 * len(METRICS)
    hold(taken(catalog), expected=rows)


def test_the_command_copies_the_duckdb_file(
    catalog: Catalog, warehouse: Path, usage: pd.DataFrame
) -> None:
    """Workers cannot share the file that dbt builds: its features go to Iceberg."""
    calendar = calendar_rows()
    with duckdb.connect(str(warehouse / "capacity.duckdb")) as connection:
        connection.execute("create schema features")
        for model, rows in (
            ("feat_usage_forecasts", usage),
            ("feat_calendar_weights", calendar),
        ):
            connection.register("built", rows)
            connection.execute(f"create table features.{model} as from built")
    expected = scale_result(*MODEL)
    rows = taken(catalog)
    assert not catalog.table_exists(("scale", "feat_usage_forecasts"))
    assert scale_result(*SPARK, *MODEL) == expected
    assert catalog.table_exists(("scale", "feat_usage_forecasts"))
    hold(taken(catalog), expected=rows)


def test_without_java_it_ends_at_once(
    catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the sample is backtested, and with what to do."""
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    done = CliRunner().invoke(app, [*SPARK, *MODEL, "--features", NAMESPACE])
    assert done.exit_code == 4
    assert "Spark needs Java 17 or newer" in done.output
    assert not catalog.table_exists(("scale", "usage_forecasts"))
