"""The comparison of two warehouses: equal ones pass, and each difference is named."""

import importlib.util
import subprocess
import sys
from datetime import date
from pathlib import Path
from types import ModuleType

import duckdb
import numpy as np
import pandas as pd
import pytest
from store_rows import table_of

from python_jobs.platform.settings import Settings
from python_jobs.store import Store
from python_jobs.store.filters import equal_to

SCRIPT = Path(__file__).resolve().parents[2] / ".ci" / "compare_warehouses.py"
ROWS = pd.DataFrame(
    {
        "server_id": ["a", "b", None],
        "day_count": [1, 2, 3],
        "mean_pct": [1.0, np.nan, 3.0],
        "run_id": ["x", "x", "x"],
    }
)


@pytest.fixture
def compare() -> ModuleType:
    """Load the script from where it lies."""
    spec = importlib.util.spec_from_file_location("compare_warehouses", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_order_runs_and_rounding_are_no_difference(compare: ModuleType) -> None:
    """Rows may come in any order, of another run, and off by a billionth."""
    after = ROWS.assign(run_id="y", mean_pct=ROWS["mean_pct"] * (1 + 5e-10))
    assert compare.differences(ROWS, after.iloc[::-1]) == []


@pytest.mark.parametrize(
    ("after", "said"),
    [
        (ROWS.drop(columns="day_count"), ["lacks day_count"]),
        (ROWS.assign(other=1), ["has new other"]),
        (ROWS.head(2), ["3 rows, then 2"]),
        (
            ROWS.assign(server_id=["a", "c", None]),
            ["server_id differs in 1 rows"],
        ),
        (
            ROWS.assign(mean_pct=[1.0, 2.0, 3.5]),
            ["mean_pct differs in 2 rows, largest difference 0.5"],
        ),
        (
            ROWS.assign(day_count=[1, 2, 4]),
            ["day_count differs in 1 rows, largest difference 1"],
        ),
    ],
)
def test_a_difference_is_named(
    compare: ModuleType, after: pd.DataFrame, said: list[str]
) -> None:
    """A column, a number of rows, or how many values differ and how far."""
    assert compare.differences(ROWS, after) == said


def warehouse(folder: Path, *, column: str, job_rows: int) -> Path:
    """Write a table of the marts, and runs of a job."""
    store = Store.open(Settings(warehouse=folder))
    store.init()
    run = {"run_id": "r", "job": "j", "as_of_date": date(2025, 1, 1)}
    runs = [run | {"row_count": job_rows}]
    store.overwrite("ml.runs", table_of("ml.runs", runs), where=equal_to("run_id", "r"))
    with duckdb.connect(str(folder / "capacity.duckdb")) as database:
        database.execute(
            f"create schema marts; create table marts.t as select 1 as {column}"
        )
    return folder


def test_two_warehouses_are_compared_table_by_table(tmp_path: Path) -> None:
    """Marts and tables of the jobs; a renamed column is compared under its new name."""
    before = warehouse(tmp_path / "before", column="load", job_rows=1)
    after = warehouse(tmp_path / "after", column="usage", job_rows=2)
    command = [sys.executable, str(SCRIPT), str(before), str(after)]
    ended = subprocess.run(
        [*command, "--rename", "load=usage"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1, ended.stderr
    assert ended.stdout.splitlines() == [
        "ml.runs: row_count differs in 1 rows, largest difference 1",
        "10 tables compared, 1 differ",
    ]
    ended = subprocess.run(
        [*command, "--rename", "load=usage", "--only", "marts"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (0, "1 tables compared, 0 differ\n")
