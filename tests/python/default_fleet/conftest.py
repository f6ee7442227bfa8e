"""The default fleet, generated, forecast and reported once for all tests here."""

from collections.abc import Callable
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from capacity_process import run_capacity

Query = Callable[[str], pd.DataFrame]


@pytest.fixture(scope="session")
def default_fleet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the warehouse after one `capacity run`: what `make run` leaves."""
    warehouse = tmp_path_factory.mktemp("default_fleet")
    ended = run_capacity("run", warehouse=warehouse)
    assert ended.returncode == 0, ended.stdout[-4000:] + ended.stderr[-4000:]
    return warehouse


@pytest.fixture(scope="session")
def query(default_fleet: Path) -> Query:
    """Return a function from SQL over the default fleet's marts to a frame."""
    path = str(default_fleet / "capacity.duckdb")

    def rows(sql: str) -> pd.DataFrame:
        # the file is free between two queries: dbt writes it, too
        with duckdb.connect(path, read_only=True) as connection:
            return connection.execute(sql).df()

    return rows
