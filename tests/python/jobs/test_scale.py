"""A fleet in chunks: the same forecasts however it is cut, and bounded memory."""

import sys
import tracemalloc
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from pyiceberg.catalog import Catalog
from scale_features import (
    AS_OF,
    METRICS,
    NAMESPACE,
    calendar_rows,
    load_rows,
    store_features,
    stored,
)
from typer.testing import CliRunner

from python_jobs.forecasting.config import JobsConfig
from python_jobs.forecasting.core.origin import Origin
from python_jobs.forecasting.core.regression import Designs, calendar_designs
from python_jobs.forecasting.core.series import Fleet
from python_jobs.forecasting.fleet.forecast import FleetForecast
from python_jobs.forecasting.scale.__main__ import app
from python_jobs.forecasting.scale.features import (
    DuckDBFeatures,
    FeatureSource,
    IcebergFeatures,
    as_iceberg,
)
from python_jobs.forecasting.scale.job import (
    ChunkedEngine,
    ScaleOptions,
    ScaleResult,
    forecast_at_scale,
)
from python_jobs.forecasting.scale.tables import Servers
from python_jobs.platform.progress import NoProgress
from python_jobs.platform.settings import Settings
from python_jobs.store.catalog import open_catalog

SERVERS = 40
OPTIONS = ScaleOptions(
    jobs=JobsConfig(candidates=("sarima_calendar",), processes=1),
    horizon_days=20,
    has_backtests=True,
)


@pytest.fixture(scope="module")
def usage() -> pd.DataFrame:
    """Return the rows of the fleet."""
    return load_rows(SERVERS)


@pytest.fixture
def catalog(tmp_path: Path, usage: pd.DataFrame) -> Catalog:
    """Open a catalog that holds the features."""
    opened = open_catalog(Settings(warehouse=tmp_path))
    store_features(opened, usage)
    return opened


def run(
    catalog: Catalog,
    *,
    chunk_series: int,
    source: FeatureSource | None = None,
    options: ScaleOptions = OPTIONS,
) -> ScaleResult:
    """Forecast in chunks."""
    return forecast_at_scale(
        source or IcebergFeatures(catalog, NAMESPACE),
        engine=ChunkedEngine(chunk_series),
        catalog=catalog,
        options=options,
        progress=NoProgress(),
    )


def test_chunks_do_not_change_a_bit(catalog: Catalog) -> None:
    """Six series at a time give what all at once give; a repeated run replaces it."""
    whole = run(catalog, chunk_series=10_000)
    forecasts, backtests = (
        stored(catalog, "usage_forecasts"),
        stored(catalog, "forecast_backtests"),
    )
    assert run(catalog, chunk_series=6) == whole
    pd.testing.assert_frame_equal(
        stored(catalog, "usage_forecasts"), forecasts, check_exact=True
    )
    pd.testing.assert_frame_equal(
        stored(catalog, "forecast_backtests"), backtests, check_exact=True
    )
    assert not backtests.empty


def test_every_series_has_a_forecast_or_a_reason(catalog: Catalog) -> None:
    """Of 40 servers 3 ended, 3 stand still, 2 have a fortnight; the others forecast."""
    result = run(catalog, chunk_series=30)
    rows = stored(catalog, "usage_forecasts")
    assert result.as_of_date == AS_OF
    assert result.series_count == SERVERS * len(METRICS)
    assert result.reasons == {"ended": 6, "flat": 6, "too_short": 4}
    assert len(rows) == SERVERS * len(METRICS) * OPTIONS.horizon_days
    has_forecast = rows["forecast_value"].notna()
    assert (has_forecast == rows["reason"].isna()).all()
    assert (has_forecast == rows["model"].notna()).all()
    around = rows.loc[has_forecast, [c for c in rows if c.startswith("forecast_q")]]
    assert around.shape[1] == 9
    assert (np.diff(around.to_numpy(), axis=1) >= 0.0).all()


def test_the_forecasts_are_those_of_the_whole_fleet(
    catalog: Catalog, usage: pd.DataFrame
) -> None:
    """The sample is the fleet here: the job, which regresses in 32 bits, is near."""
    run(catalog, chunk_series=30)
    found = stored(catalog, "usage_forecasts").set_index(["server_id", "metric"])
    dates = [np.datetime64(AS_OF) - 91 * number for number in range(3)]
    fleet = Fleet.of(usage)
    with NoProgress().task("test") as task:
        forecast = FleetForecast(
            fleet,
            designs=Designs(calendar_designs(calendar_rows())),
            origins=[
                Origin(k, day, 90 if k else OPTIONS.horizon_days)
                for k, day in enumerate(dates)
            ],
            options=OPTIONS.jobs,
            progress=task,
        )
        tested = forecast.backtest()
        passed = list(forecast.forecasts(forecast.best(tested), tested))
    count = 0
    for number, _, by_model in passed:
        if number:
            continue
        prediction = by_model["sarima_calendar"]
        for row, series in enumerate(prediction.series):
            rows = found.loc[(fleet.server_ids[series], fleet.metrics[series])]
            ours = rows[["forecast_value", "forecast_q10"]].to_numpy().T
            theirs = [prediction.values[row], prediction.quantiles[row, :, 2]]
            np.testing.assert_allclose(ours, theirs, rtol=1e-3)
            count += 1
    assert count == SERVERS * len(METRICS) - 16


def test_features_in_duckdb_are_the_same_fleet(
    catalog: Catalog, tmp_path: Path, usage: pd.DataFrame
) -> None:
    """The DuckDB file that dbt builds is read by servers, and copied to Iceberg."""
    path = tmp_path / "capacity.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema features")
        calendar = calendar_rows()
        connection.register("usage", usage.sample(frac=1.0, random_state=1))
        connection.register("calendar", calendar)
        for model, rows in (
            ("feat_usage_forecasts", "usage"),
            ("feat_calendar_weights", "calendar"),
        ):
            connection.execute(f"create table features.{model} as from {rows}")
    run(catalog, chunk_series=30)
    expected = stored(catalog, "usage_forecasts")
    source = DuckDBFeatures(path)
    copied = as_iceberg(source, catalog, schema="copies")
    for each in (source, copied, as_iceberg(source, catalog, schema="copies")):
        run(catalog, chunk_series=30, source=each)
        pd.testing.assert_frame_equal(
            stored(catalog, "usage_forecasts"), expected, check_exact=True
        )


@dataclass(frozen=True)
class RepeatedFleet:
    """Ten servers under as many names as asked for."""

    ten: pd.DataFrame
    count: int

    def calendar(self) -> pd.DataFrame:
        """Return ``feat_calendar_weights``."""
        return calendar_rows()

    def servers(self) -> Servers:
        """Return every server, ascending."""
        return np.array([f"{k:04d}" for k in range(self.count)], dtype=object)

    def between(self, first: str, last: str) -> pd.DataFrame:
        """Return the rows of the servers from one to another."""
        return self.only(self.servers()[int(first) : int(last) + 1])

    def only(self, servers: Servers) -> pd.DataFrame:
        """Return the rows of some servers."""
        by_server = dict(list(self.ten.groupby("server_id")))
        return pd.concat(
            [
                by_server[f"SRV-{int(each) % 10:04d}"].assign(server_id=each)
                for each in servers
            ],
            ignore_index=True,
        )


def peak_bytes(catalog: Catalog, source: FeatureSource, options: ScaleOptions) -> int:
    """Return the most memory that Python and numpy held while forecasting."""
    tracemalloc.start()
    try:
        run(catalog, chunk_series=60, source=source, options=options)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_fleet(
    catalog: Catalog, usage: pd.DataFrame
) -> None:
    """Six times the fleet in the same chunks needs the same memory."""
    options = ScaleOptions(
        jobs=JobsConfig(candidates=("level_calendar",), processes=1),
        horizon_days=20,
        sample_servers=30,
    )
    ten = usage[usage["server_id"] < "SRV-0010"]
    run(catalog, chunk_series=60, options=options)  # what is loaded once
    small, large = (
        peak_bytes(catalog, RepeatedFleet(ten, count), options) for count in (60, 360)
    )
    assert large < 1.2 * small


def test_the_command_says_what_it_needs(
    catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It forecasts; a global model, no features or no pyspark end it with a reason."""
    monkeypatch.setenv("CAPACITY_WAREHOUSE", str(tmp_path))
    monkeypatch.setitem(sys.modules, "pyspark", None)

    def ended(*arguments: str) -> Any:
        return CliRunner().invoke(app, list(arguments))

    done = ended("--features", NAMESPACE, "--model", "level_calendar", "--horizon", "5")
    assert done.exit_code == 0, done.output
    assert len(stored(catalog, "usage_forecasts")) == SERVERS * len(METRICS) * 5
    for arguments, code, message in (
        (("--model", "gradient_boosting"), 2, "cannot be forecast part by part"),
        (("--features", "elsewhere"), 3, "was not built yet"),
        ((), 3, "was not built yet"),
        (("--engine", "spark", "--features", NAMESPACE), 4, "pyspark is not installed"),
    ):
        refused = ended(*arguments)
        assert refused.exit_code == code
        assert message in refused.output
