"""The forecasting job as the runner calls it: complete, repeatable, strict."""

import logging
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
from fleet_frames import AS_OF, AS_OF_DAY, USAGE, WrittenSeries, frames, run, wave

from python_jobs import usage_forecasts
from python_jobs.calendars.forecast_design import QUANTILES
from python_jobs.forecasting.config import DEFAULT_CANDIDATES, Engine, JobsConfig
from python_jobs.forecasting.core.scoring import ERROR_TERMS
from python_jobs.forecasting.core.series import BLOCK_SERIES, FittedBlock, Fleet
from python_jobs.forecasting.fleet.forecast import BlockPrediction, FleetForecast
from python_jobs.forecasting.fleet.tables import forecast_frame
from python_jobs.forecasting.models.literal import (
    CHUNK_SERIES,
    LITERAL_MODELS,
    LiteralModel,
    Prediction,
)
from python_jobs.platform.errors import RunError
from python_jobs.store import TABLES

DAYS = 220
LITERAL = JobsConfig(engine="statsmodels", processes=1, fit_days=91)
BATCHED = JobsConfig(processes=1, fit_days=91)

FLEET = {
    "a": WrittenSeries(wave(DAYS, seed=1)),
    "b": WrittenSeries(wave(DAYS, seed=2, level=90.0)),
    "c": WrittenSeries(wave(DAYS, seed=3), ended_days_ago=60),
    "d": WrittenSeries(wave(60, seed=4)),
    "e": WrittenSeries(np.full(DAYS, 10.0)),
    "f": WrittenSeries(
        wave(DAYS, seed=5), metric="network_in", usage_unit="mbps", capacity=np.nan
    ),
}


@pytest.fixture(scope="module", params=["batched", "statsmodels"])
def engine(request: pytest.FixtureRequest) -> Engine:
    """Name an engine: what a user may rely on holds for both."""
    name: Engine = request.param
    return name


Forecasts = list[tuple[int, FittedBlock, dict[str, BlockPrediction]]]


@pytest.fixture(scope="module")
def predictions() -> Forecasts:
    """Return what the champions forecast, from every origin, while the job runs."""
    return []


@pytest.fixture(scope="module")
def published(engine: Engine, predictions: Forecasts) -> dict[str, pd.DataFrame]:
    """Run the job once over a small fleet of every kind."""
    options = BATCHED if engine == "batched" else LITERAL
    forecasts = FleetForecast.forecasts
    predictions.clear()

    def watched(*arguments: Any) -> Iterator[Any]:
        for each in forecasts(*arguments):
            predictions.append(each)
            yield each

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FleetForecast, "forecasts", watched)
        return run(frames(FLEET, day_count=DAYS), options=options)


def test_contracts_cover_the_tables() -> None:
    """Every column of the tables but the runner's two is declared, and no other."""
    for table, contract in usage_forecasts.WRITES.items():
        declared = {column.name for column in TABLES[table].columns}
        assert set(contract.columns) == declared - {"run_id", "as_of_date"}
        assert set(contract.key) == set(TABLES[table].key) - {"run_id"}


def test_live_forecast_covers_the_horizon(published: dict[str, pd.DataFrame]) -> None:
    """The best model of a metric has every day after the as-of date, once per series.

    c ended and e never moves; all others are forecast, d by the history it has.
    """
    live = published["ml.usage_forecasts"]
    assert set(live["origin_number"]) == {0}
    days = pd.date_range(AS_OF, periods=31)[1:]
    by_series = live.groupby(["server_id", "metric"])
    assert set(by_series.groups) == {
        *(("a", "cpu"), ("b", "cpu"), ("d", "cpu"), ("f", "network_in"))
    }
    for _, rows in by_series:
        assert rows["model"].nunique() == 1
        assert list(rows["target_date"]) == list(days)
    assert live.groupby("metric")["model"].nunique().eq(1).all()


@pytest.fixture
def backtest_days(
    published: dict[str, pd.DataFrame], predictions: Forecasts
) -> pd.DataFrame:
    """Return the 90 days that each live model forecasts from the older origins."""
    usage = frames(FLEET, day_count=DAYS)[USAGE]
    live = published["ml.usage_forecasts"].groupby("metric")["model"].first()
    days = [
        forecast_frame(
            *(Fleet.of(usage), found.series[found.is_valid]),
            *(found.values[found.is_valid, :90], found.quantiles[found.is_valid, :90]),
            model=live[fitted.block.metric],
            number=number,
            day=AS_OF_DAY - 91 * number,
        )
        for number, fitted, by_model in predictions
        if number and (found := by_model[live[fitted.block.metric]])
    ]
    keys = ["server_id", "metric", "metric_date"]
    measured = usage[[*keys, "measured_value", "is_eoq_window"]].dropna()
    measured = measured.rename(columns={"metric_date": "target_date"})
    return pd.concat(days, ignore_index=True).merge(measured)


def test_backtest_sums_follow_from_the_forecasts(
    published: dict[str, pd.DataFrame], backtest_days: pd.DataFrame
) -> None:
    """Every sum of a live model, added up again day by day in another way."""
    day = backtest_days
    error = day["forecast_value"] - day["measured_value"]
    ahead = (day["target_date"] - day["origin_date"]).dt.days
    inside = {
        share: day["measured_value"].between(
            day[f"forecast_q{low}"], day[f"forecast_q{high}"]
        )
        for share, low, high in (("80", "10", "90"), ("95", "2_5", "97_5"))
    }
    short = {
        level: day["measured_value"] - day[name] for name, level in QUANTILES.items()
    }
    losses = [np.maximum(level * e, (level - 1.0) * e) for level, e in short.items()]
    terms = {
        "day_count": 1,
        "error_sum": error,
        "absolute_error_sum": abs(error),
        "squared_error_sum": error**2,
        "percentage_error_sum": abs(error) / day["measured_value"],
        "percentage_day_count": 1,
        "symmetric_error_sum": 2.0
        * abs(error)
        / (day["measured_value"] + day["forecast_value"]),
        "actual_sum": day["measured_value"],
        "pinball_sum": sum(losses) / len(losses),
        "inside_80_count": inside["80"].astype(int),
        "inside_95_count": inside["95"].astype(int),
    }
    assert set(terms) == set(ERROR_TERMS)
    blocks = day.assign(horizon_block=(ahead - 1) // 10 + 1, **terms)
    keys = list(usage_forecasts.WRITES["ml.forecast_backtests"].key)
    expected = blocks.groupby(keys)[list(terms)].sum()
    assert set(expected.index.get_level_values("server_id")) == set("abcf")
    found = published["ml.forecast_backtests"].set_index(keys)
    models = day[["metric", "model"]].drop_duplicates()
    of_live = found.reset_index().merge(models).set_index(keys)[list(terms)]
    pd.testing.assert_frame_equal(
        of_live.sort_index(), expected, check_dtype=False, rtol=1e-9
    )


def test_percentages_stay_within_the_capacity(
    published: dict[str, pd.DataFrame],
) -> None:
    """Quantiles never cross, and b, near its ceiling, is cut at 100 %."""
    forecasts = published["ml.usage_forecasts"]
    quantiles = forecasts.filter(like="forecast_q").to_numpy()
    assert quantiles.shape[1] == 9
    assert (np.diff(quantiles, axis=1) >= 0.0).all()
    percent = forecasts[forecasts["metric"] == "cpu"]
    assert percent["forecast_q97_5"].max() == 100.0


def test_backtests_score_every_candidate(
    published: dict[str, pd.DataFrame], engine: Engine
) -> None:
    """Each over the days that were measured: 90, or 31 of the one that ended.

    The weighted mean of all is published only where nothing structural beats the naive.
    """
    newest = published["ml.forecast_backtests"].query("origin_number == 1")
    days = newest.groupby(["server_id", "model"])["day_count"].sum().unstack()
    # to train the gradient boosting takes 147 days
    known = set(DEFAULT_CANDIDATES[engine]) - {
        "inverse_error_mean",
        "gradient_boosting",
    }
    assert set(days) == known
    assert days.T.nunique().eq(1).all()
    assert days.iloc[:, 0].to_dict() == {"a": 90, "b": 90, "c": 31, "f": 90}


@pytest.mark.parametrize(
    ("name", "series_count"),
    [("statsmodels", CHUNK_SERIES + 4), ("batched", BLOCK_SERIES + 4)],
)
def test_same_rows_from_one_and_two_processes(name: Engine, series_count: int) -> None:
    """More series than one core takes at a time: the cores change no digit."""
    fleet = {
        f"s{seed}": WrittenSeries(wave(DAYS, seed=seed)) for seed in range(series_count)
    }
    one, two = (
        run(
            frames(fleet, day_count=DAYS),
            options=JobsConfig(
                engine=name,
                processes=processes,
                fit_days=91,
                candidates=("holt_winters_calendar", "sarima_calendar"),
            ),
        )
        for processes in (1, 2)
    )
    for table in ("ml.usage_forecasts", "ml.forecast_backtests", "ml.series_states"):
        rows = one[table]
        assert not rows.empty
        pd.testing.assert_frame_equal(two[table], rows, check_exact=True)


def test_every_refusal_is_counted_and_named(caplog: pytest.LogCaptureFixture) -> None:
    """A series without rows has its reason in the log: info counts, debug names."""
    caplog.set_level(logging.DEBUG, logger="python_jobs.forecasting.fleet.job")
    options = LITERAL.model_copy(update={"candidates": ("holt_winters_calendar",)})
    returned = run(frames(FLEET, day_count=DAYS), options=options)
    counted = [each.getMessage() for each in caplog.records if each.levelname == "INFO"]
    assert counted == [
        "origin 0: no forecast, ended: 1 series",
        "origin 0: no forecast, flat: 1 series",
    ]
    named = {each.getMessage() for each in caplog.records if each.levelname == "DEBUG"}
    assert "origin 0: no forecast for server_id c, metric cpu: ended" in named
    live = returned["ml.usage_forecasts"].query("origin_number == 0")
    assert set(live["server_id"]) == {"a", "b", "d", "f"}


def test_lost_series_fails_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """A series with neither a forecast nor a reason is a fault, and named."""
    monkeypatch.setattr(FleetForecast, "forecasts", lambda *_: iter(()))
    with pytest.raises(RunError, match="server_id a, metric cpu has neither"):
        run(frames(FLEET, day_count=DAYS), options=BATCHED)


def test_fleet_without_a_backtest_is_left_to_sql(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Forty days have no origin to test at: no rows, and a reason."""
    caplog.set_level(logging.INFO, logger="python_jobs.forecasting.fleet.job")
    young = {"a": WrittenSeries(wave(40))}
    returned = run(frames(young, day_count=40), options=LITERAL)
    states = returned.pop("ml.series_states")
    assert all(rows.empty for rows in returned.values())
    assert list(states["reason"]) == ["not_backtested"]
    assert "origin 0: no forecast, not_backtested: 1 series" in caplog.text


def test_candidate_that_breaks_everywhere_fails_the_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Ten series and not one fit that holds: the code is broken, and says so."""

    def broken(values: object, horizon_days: int, steps: int) -> Prediction:
        raise ValueError(values, horizon_days, steps)

    monkeypatch.setitem(
        LITERAL_MODELS,  # type: ignore[arg-type] # a plain dict behind the mapping
        "sarima",
        LiteralModel(broken, is_calendar_adjusted=False),
    )
    fleet = {str(n): WrittenSeries(wave(DAYS, seed=n)) for n in range(10)}
    with pytest.raises(RunError, match="sarima broke down on all 10 series"):
        run(frames(fleet, day_count=DAYS), options=LITERAL)
