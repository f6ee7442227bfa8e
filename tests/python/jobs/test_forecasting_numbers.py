"""The calendar's share, variances and intervals against independent numbers."""

import numpy as np
import pandas as pd
import pytest
from fleet_frames import (
    AS_OF,
    WrittenSeries,
    calendar_rows,
    cut_series,
    outcomes_at,
    wave,
)
from statsmodels.tsa.exponential_smoothing.ets import ETSModel

from python_jobs.calendar_weights import LEVEL_TERMS, TERMS
from python_jobs.forecasting.calendar_fit import (
    calendar_designs,
    fit_calendar,
    longest_window,
)
from python_jobs.forecasting.forecasts import QUANTILES
from python_jobs.forecasting.sarima import sarima_seasonal
from python_jobs.forecasting.smoothing import variance_factors

AS_OF_DAY = np.datetime64(AS_OF, "D")


@pytest.mark.parametrize(("day_count", "terms"), [(300, LEVEL_TERMS), (740, TERMS)])
def test_calendar_regression_is_least_squares(
    day_count: int, terms: tuple[str, ...]
) -> None:
    """The shared solve equals numpy's least squares, series by series.

    Up to 364 days on level, weekdays and holidays; from 728 days on every term. The
    window is the whole history, because two series share it.
    """
    fleet = {name: WrittenSeries(wave(day_count, seed=ord(name))) for name in "ab"}
    calendar = calendar_rows(day_count)
    fits = fit_calendar(
        cut_series(fleet),
        designs=calendar_designs(calendar),
        origin_date=AS_OF_DAY,
        horizon_days=30,
    )
    design = calendar[[f"x_{term}" for term in terms]].to_numpy()
    for name, written in fleet.items():
        logs = np.log(written.usage)
        solved, *_ = np.linalg.lstsq(design[:day_count], logs, rcond=None)
        fit = fits[name, "cpu"]
        assert fit.window_days == day_count
        np.testing.assert_allclose(
            fit.residuals, logs - design[:day_count] @ solved, atol=1e-9
        )
        np.testing.assert_allclose(
            fit.explained, design[day_count:] @ solved, atol=1e-9
        )


def test_a_seasonal_sarima_goes_on_with_the_week() -> None:
    """Of a steep week that repeats, the next month is the week again, within 2 %."""
    week = np.array([50.0, 52, 51, 53, 55, 20, 18])
    noise = np.random.default_rng(7).normal(0, 0.2, 26 * 7)
    told = sarima_seasonal(np.tile(week, 26) + noise, horizon_days=28, steps=50)
    np.testing.assert_allclose(told.mean, np.tile(week, 4), rtol=0.02)
    np.testing.assert_allclose(told.sd, 0.2, rtol=0.2)


@pytest.mark.parametrize(
    ("day_count", "filled_days", "expected"),
    [
        (27, 0, None),
        (28, 0, 28),
        (28, 7, 28),
        (28, 8, None),
        (100, 0, 91),
        (100, 10, 91),
        (364, 0, 364),
        (400, 0, 400),
        # a hundred filled days are a quarter of the whole history
        (400, 100, 400),
        # with one more every window is filled too much
        (400, 101, None),
    ],
)
def test_longest_window(day_count: int, filled_days: int, expected: int | None) -> None:
    """The longest window with the history for it and at most a quarter filled in.

    The fleet's own history is 400 days.
    """
    written = WrittenSeries(wave(day_count), filled_days=filled_days)
    (series,) = cut_series({"a": written})
    first_day = AS_OF_DAY - 399
    window = longest_window(series, origin_date=AS_OF_DAY, first_day=first_day)
    assert window == expected


def test_variance_factors_by_hand() -> None:
    """Level .5, trend .2, damping .9: weights .5·1.18 and .5·(1 + .2·1.71).

    A season adds to the weight of an error that is a whole week old.
    """
    factors = variance_factors(3, level=0.5, trend=0.2, season=0.0, damping=0.9)
    assert factors == pytest.approx([1.0, 1 + 0.59**2, 1 + 0.59**2 + 0.671**2])
    weekly = variance_factors(9, level=0.0, trend=0.0, season=0.3, damping=0.0)
    assert weekly == pytest.approx([1.0] * 7 + [1.09, 1.09])


def test_variance_factors_against_the_state_space_model() -> None:
    """The factors are those of statsmodels' ETS(A,Ad,A) with the same parameters."""
    model = ETSModel(
        pd.Series(wave(60)),
        error="add",
        trend="add",
        damped_trend=True,
        seasonal="add",
        seasonal_periods=7,
    )
    level, trend, season, damping = 0.4, 0.1, 0.2, 0.95
    parameters = [level, trend * level, season, damping, 40.0, 0.0, *([0.0] * 7)]
    prediction = model.smooth(parameters).get_prediction(start=60, end=89)
    variance = prediction.forecast_variance
    factors = variance_factors(
        30, level=level, trend=trend, season=season, damping=damping
    )
    np.testing.assert_allclose(variance / variance[0], factors, rtol=1e-9)


def test_intervals_are_the_models_own() -> None:
    """A log forecast's quantiles are symmetric on the log scale, a raw one's as it is.

    Median times ratio above equals median over ratio below; 1.959964 standard
    deviations at 97.5 % against 1.281552 at 90 %.
    """
    outcomes = outcomes_at(0, {"a": WrittenSeries(wave(200))}, day_count=200)
    names = list(QUANTILES)
    for _, model, forecast in outcomes.forecasts():
        is_log = model.endswith("_calendar")
        scores = np.log(forecast.quantiles) if is_log else forecast.quantiles
        low, median, high, wide = (
            scores[:, names.index(f"forecast_{name}")]
            for name in ("q10", "q50", "q90", "q97_5")
        )
        np.testing.assert_allclose(high - median, median - low, rtol=1e-9)
        ratio = (wide - median) / (high - median)
        np.testing.assert_allclose(ratio, 1.959963985 / 1.281551566, rtol=1e-7)
        assert forecast.values == pytest.approx(forecast.quantiles[:, 4])


def test_forecast_follows_the_calendar() -> None:
    """Usage that is nothing but weekday and level is forecast to the digit.

    Monday to Friday 50 and on weekends 20, with a ripple of 1e-4 to have a spread.
    """
    dates = pd.date_range(pd.Timestamp(AS_OF) - pd.Timedelta(days=181), AS_OF)
    usage = np.where(dates.day_of_week >= 5, 20.0, 50.0)
    ripple = np.random.default_rng(3).normal(0.0, 1e-4, 182)
    outcomes = outcomes_at(
        0,
        {"a": WrittenSeries(usage * np.exp(ripple))},
        day_count=182,
        candidates=("holt_winters_calendar", "sarima_calendar"),
    )
    ahead = pd.date_range(AS_OF, periods=31)[1:]
    # New Year and Martin Luther King Day carry a holiday term of their own
    is_plain = ~ahead.isin(pd.to_datetime(["2026-01-01", "2026-01-19"]))
    expected = np.where(ahead.day_of_week >= 5, 20.0, 50.0)
    for _, _, forecast in outcomes.forecasts():
        np.testing.assert_allclose(
            forecast.values[is_plain], expected[is_plain], rtol=1e-3
        )
