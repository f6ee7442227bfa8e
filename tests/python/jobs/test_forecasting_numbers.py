"""Designs, windows, variances and intervals against independent numbers."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from fleet_frames import (
    AS_OF,
    AS_OF_DAY,
    Forecast,
    WrittenSeries,
    calendar_rows,
    fleet_of,
    outcomes,
    wave,
)
from statsmodels.tsa.exponential_smoothing.ets import ETSModel

from python_jobs.calendars.calendar_terms import projection, used_terms
from python_jobs.calendars.forecast_design import LEVEL_TERMS, QUANTILES, TERMS
from python_jobs.forecasting.models.literal import sarima_seasonal
from python_jobs.forecasting.models.smoothing import variance_factors


@pytest.mark.parametrize(("is_full", "terms"), [(False, LEVEL_TERMS), (True, TERMS)])
def test_projection_is_least_squares(is_full: bool, terms: tuple[str, ...]) -> None:
    """Coefficients are numpy's: of level, weekdays and holidays, or of every term."""
    rows = calendar_rows(740)
    design = rows[[f"x_{term}" for term in TERMS]].to_numpy()[:740]
    logs = np.log(wave(740))
    found = projection(design, used=used_terms(is_full=is_full)) @ logs
    used = rows[[f"x_{term}" for term in terms]].to_numpy()[:740]
    solved, *_ = np.linalg.lstsq(used, logs, rcond=None)
    np.testing.assert_allclose(design @ found, used @ solved, atol=1e-9)
    left_out = [k for k, term in enumerate(TERMS) if term not in terms]
    assert not found[left_out].any()


def test_a_seasonal_sarima_goes_on_with_the_week() -> None:
    """Of a steep week that repeats, the next month is the week again, within 2 %."""
    week = np.array([50.0, 52, 51, 53, 55, 20, 18])
    noise = np.random.default_rng(7).normal(0, 0.2, 26 * 7)
    prediction = sarima_seasonal(np.tile(week, 26) + noise, horizon_days=28, steps=50)
    np.testing.assert_allclose(prediction.mean, np.tile(week, 4), rtol=0.02)
    np.testing.assert_allclose(prediction.sd, 0.2, rtol=0.2)


@pytest.mark.parametrize(
    ("day_count", "filled_days", "expected"),
    [
        (27, 0, 0),
        (28, 0, 28),
        (28, 7, 28),
        (28, 8, 0),
        (100, 0, 91),
        (100, 10, 91),
        (364, 0, 364),
        (400, 0, 400),
        # a hundred filled days are a quarter of the whole history
        (400, 100, 400),
        # with one more every window is filled too much
        (400, 101, 0),
    ],
)
def test_longest_window(day_count: int, filled_days: int, expected: int) -> None:
    """The longest window with the history for it and at most a quarter filled in.

    The fleet's own history is 400 days.
    """
    fleet = fleet_of({"a": WrittenSeries(wave(day_count), filled_days=filled_days)})
    # filled days at the end would be silence
    windows, _ = replace(fleet, measured=fleet.values).look_back(
        AS_OF_DAY, first_days={"us_bank": AS_OF_DAY - 399}
    )
    assert list(windows) == [expected]


def test_variance_factors_by_hand() -> None:
    """Level .5, trend .2, damping .9: weights .5·1.18 and .5·(1 + .2·1.71).

    A season adds to the weight of an error that is a whole week old.
    """
    factors = variance_factors(np.array([[0.5, 0.2, 0.9, 0.0]]), horizon_days=3)
    assert factors[0] == pytest.approx([1.0, 1 + 0.59**2, 1 + 0.59**2 + 0.671**2])
    weekly = variance_factors(np.array([[0.0, 0.0, 0.0, 0.3]]), horizon_days=9)
    assert weekly[0] == pytest.approx([1.0] * 7 + [1.09, 1.09])


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
        np.array([[level, trend, damping, season]]), horizon_days=30
    )
    np.testing.assert_allclose(variance / variance[0], factors[0], rtol=1e-9)


def test_intervals_are_the_models_own() -> None:
    """A log forecast's quantiles are symmetric on the log scale, a raw one's as it is.

    Median times ratio above equals median over ratio below; 1.959964 standard
    deviations at 97.5 % against 1.281552 at 90 %.
    """
    found = outcomes({"a": WrittenSeries(wave(200))}, day_count=200)
    names = list(QUANTILES)
    for (_, model), forecast in found.items():
        assert isinstance(forecast, Forecast)
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
    found = outcomes(
        {"a": WrittenSeries(usage * np.exp(ripple))},
        day_count=182,
        candidates=("holt_winters_calendar", "sarima_calendar"),
    )
    ahead = pd.date_range(AS_OF, periods=31)[1:]
    # New Year and Martin Luther King Day carry a holiday term of their own
    is_plain = ~ahead.isin(pd.to_datetime(["2026-01-01", "2026-01-19"]))
    expected = np.where(ahead.day_of_week >= 5, 20.0, 50.0)
    for forecast in found.values():
        assert isinstance(forecast, Forecast)
        np.testing.assert_allclose(
            forecast.values[is_plain], expected[is_plain], rtol=1e-3
        )
