"""`capacity run` with the literal classes of statsmodels as candidates."""

from pathlib import Path

import duckdb
import pytest
from capacity_process import run_capacity

from python_jobs.forecasting.config import DEFAULT_CANDIDATES

CONFIG = """\
generator: {server_count: 4, first_date: 2025-04-01, last_date: 2025-12-31}
jobs: {engine: statsmodels}
"""


@pytest.mark.slow
def test_run_with_statsmodels_is_green(tmp_path: Path) -> None:
    """Every candidate is scored at every origin, and the job's choice is SQL's.

    275 days hold two backtest origins; the build holds that choice against the
    one-standard-error rule in SQL.
    """
    config = tmp_path / "statsmodels.yml"
    config.write_text(CONFIG)
    ended = run_capacity("run", "--config", config, warehouse=tmp_path)
    assert ended.returncode == 0, ended.stderr
    with duckdb.connect(str(tmp_path / "capacity.duckdb"), read_only=True) as database:
        scored = database.execute(
            "select distinct origin_number, forecast_model"
            " from marts.fct_forecast_errors"
            " where forecast_model not in ('sql_forecast', 'seasonal_naive_7')"
        ).fetchall()
    found = {(number, model) for number, model in scored}
    candidates = DEFAULT_CANDIDATES["statsmodels"]
    assert {(n, name) for n in (1, 2) for name in candidates} <= found
