"""The batched engine against statsmodels, with the same parameters, on real features.

What the engine fits is held against the literal classes: `SARIMAX.filter` and
`ExponentialSmoothing` take its parameters and forecast the same days.
"""

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from statsmodels.tsa.holtwinters import ExponentialSmoothing
from statsmodels.tsa.statespace.sarimax import SARIMAX

from python_jobs.forecasting.core.arrays import WEEK_DAYS, ModelForecast
from python_jobs.forecasting.core.origin import FleetOrigin
from python_jobs.forecasting.core.regression import Designs, calendar_designs
from python_jobs.forecasting.core.series import FittedBlock, Fleet
from python_jobs.forecasting.models.registry import BLOCK_MODELS
from python_jobs.forecasting.models.smoothing import START_SEASONS

HORIZON_DAYS = 90
FIT_DAYS = 182
PER_METRIC = 4
"""Series of each metric and window, from the calmest to the wildest."""

LARGEST_DIFFERENCE = 0.01
"""Of a forecast, in points of a percentage or in Mbps."""

Floats = NDArray[np.float64]
Query = Callable[[str], pd.DataFrame]


@dataclass(frozen=True)
class Sampled:
    """A block of the fleet, and the positions in it that are looked at."""

    fitted: FittedBlock
    positions: list[int]


@pytest.fixture(scope="module")
def sample(query: Query) -> list[Sampled]:
    """Fit the calendar at the as-of date and draw series of every kind."""
    fleet = Fleet.of(
        query(
            "select * from features.feat_usage_forecasts"
            " order by server_id, metric, metric_date"
        )
    )
    calendar = query(
        "select * from features.feat_calendar_weights"
        " order by calendar_id, calendar_date"
    )
    newest = calendar.loc[calendar["origin_number"] == 0, "calendar_date"].iloc[0]
    origin = FleetOrigin(
        fleet,
        designs=Designs(calendar_designs(calendar)),
        day=int(newest.to_datetime64().astype("datetime64[D]").astype(np.int64)),
        fit_days=FIT_DAYS,
    )
    fitted = [
        origin.fitted(block, horizon_days=HORIZON_DAYS) for block in origin.blocks()
    ]
    kinds = pd.DataFrame(
        [
            (number, row, each.block.window_days, fleet.metrics[series], spread)
            for number, each in enumerate(fitted)
            for row, (series, spread) in enumerate(
                zip(each.block.series, each.data.spread, strict=True)
            )
        ],
        columns=["block", "row", "window_days", "metric", "spread"],
    ).sort_values("spread")
    drawn = pd.concat(
        rows.iloc[np.unique(np.linspace(0, len(rows) - 1, PER_METRIC).astype(int))]
        for _, rows in kinds.groupby(["window_days", "metric"])
    )
    assert drawn["metric"].nunique() == 5
    assert len(drawn) >= 5 * PER_METRIC
    return [
        Sampled(fitted[block], rows["row"].tolist())
        for block, rows in drawn.groupby("block")
    ]


def forecasts(sample: list[Sampled], model: str) -> Iterator[tuple[Any, ...]]:
    """Yield data, forecast and position of every drawn series."""
    for each in sample:
        data = each.fitted.data
        prediction = BLOCK_MODELS[model](data)
        for row in each.positions:
            yield data, prediction, row


def parameters(prediction: ModelForecast, row: int, *names: str) -> list[float]:
    """Return what the fit found for one series."""
    return [float(prediction.state[name][row]) for name in names]


def in_usage_units(prediction: ModelForecast, centre: Floats) -> Floats:
    """Return a forecast on the scale of the usage."""
    return prediction.transform.back(centre)


def without_weekdays(usage: Floats) -> tuple[Floats, Floats]:
    """Return usage less the mean of their weekday, and the means of the days ahead."""
    days = np.arange(len(usage))
    means = np.array([usage[days % WEEK_DAYS == k].mean() for k in range(WEEK_DAYS)])
    ahead = len(usage) + np.arange(HORIZON_DAYS)
    return usage - means[days % WEEK_DAYS], means[ahead % WEEK_DAYS]


def smoothed(
    values: Floats, prediction: ModelForecast, row: int, *, kind: str
) -> Floats:
    """Return what statsmodels' smoothing forecasts with the engine's parameters.

    Its last season is not the one that it forecasts with: day 7 takes the season
    before (statsmodels issue 9538), so every seventh day is put together from the
    components.
    """
    has_trend, has_season = kind != "level", kind == "season"
    level, trend, season, damping = parameters(
        prediction,
        row,
        *("smoothing_level", "smoothing_trend", "smoothing_season", "damping_trend"),
    )
    first = values[: START_SEASONS * WEEK_DAYS]
    known: dict[str, Any] = {"initial_level": first.mean()}
    fixed = {"smoothing_level": level}
    if has_trend:
        known |= {"trend": "add", "damped_trend": True, "initial_trend": 0.0}
        fixed |= {"smoothing_trend": trend, "damping_trend": damping}
    if has_season:
        weeks = first.reshape(START_SEASONS, WEEK_DAYS)
        known |= {"seasonal": "add", "seasonal_periods": WEEK_DAYS}
        slope = (weeks[-1].mean() - weeks[0].mean()) / (first.size - WEEK_DAYS)
        line = slope * (np.arange(WEEK_DAYS) - (WEEK_DAYS - 1) / 2.0)
        known["initial_seasonal"] = weeks.mean(axis=0) - first.mean() - line
        fixed["smoothing_seasonal"] = season
    fit = ExponentialSmoothing(values, initialization_method="known", **known).fit(
        optimized=False, **fixed
    )
    expected_ahead: Floats = fit.forecast(HORIZON_DAYS)
    if has_season:
        damped = np.cumsum(damping ** np.arange(1, HORIZON_DAYS + 1))
        last = fit.level[-1] + fit.trend[-1] * damped + fit.season[-1]
        expected_ahead[WEEK_DAYS - 1 :: WEEK_DAYS] = last[WEEK_DAYS - 1 :: WEEK_DAYS]
    return expected_ahead


@pytest.mark.parametrize("model", ["sarima", "sarima_calendar"])
def test_arima_is_what_sarimax_filters(sample: list[Sampled], model: str) -> None:
    """The Kalman filter of SARIMAX forecasts the same mean and variance ratios.

    Also where the MA is near -1 and the start of the window is never forgotten.
    """
    largest = []
    for data, prediction, row in forecasts(sample, model):
        fixed = parameters(prediction, row, "ar", "ma", "variance")
        if model == "sarima":
            values, around = without_weekdays(data.usage[row])
        else:
            values = data.residuals[row].astype(np.float64)
            around = data.explained[row]
        filtered = SARIMAX(values, order=(1, 1, 1)).filter(fixed)
        ahead = filtered.get_forecast(HORIZON_DAYS)
        expected = in_usage_units(prediction, ahead.predicted_mean + around)
        ours = in_usage_units(prediction, prediction.centre[row])
        largest.append(abs(ours - expected).max())
        ratios = prediction.sd[row] / prediction.sd[row, 0]
        np.testing.assert_allclose(ratios, ahead.se_mean / ahead.se_mean[0], rtol=0.02)
    assert max(largest) <= LARGEST_DIFFERENCE


@pytest.mark.parametrize(
    ("model", "kind"),
    [
        ("simple_exponential_smoothing", "level"),
        ("holt_winters_calendar", "trend"),
        ("holt_winters", "season"),
    ],
)
def test_smoothing_is_that_of_statsmodels(
    sample: list[Sampled], model: str, kind: str
) -> None:
    """`ExponentialSmoothing` from the same start and parameters forecasts the same."""
    largest = []
    for data, prediction, row in forecasts(sample, model):
        is_log = model == "holt_winters_calendar"
        values = (data.residuals if is_log else data.usage)[row].astype(np.float64)
        around = data.explained[row] if is_log else 0.0
        expected = smoothed(values, prediction, row, kind=kind) + around
        ours = in_usage_units(prediction, prediction.centre[row])
        largest.append(abs(ours - in_usage_units(prediction, expected)).max())
    assert max(largest) <= LARGEST_DIFFERENCE


def test_search_ends_where_statsmodels_ends(sample: list[Sampled]) -> None:
    """Gauss-Newton finds what SARIMAX's own search finds, by the exact likelihood.

    The conditional sum leaves the first days out, so the two are no twins.
    """
    gaps = []
    for data, prediction, row in list(forecasts(sample, "sarima"))[::PER_METRIC]:
        values, _ = without_weekdays(data.usage[row])
        model = SARIMAX(values, order=(1, 1, 1), concentrate_scale=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            best = model.fit(start_params=[0.3, -0.8], disp=False, cov_type="none").llf
        ours = model.filter(parameters(prediction, row, "ar", "ma")).llf
        gaps.append((best - ours) / len(values))
    assert max(gaps) <= 0.01
