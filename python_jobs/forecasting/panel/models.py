"""Candidate models of a panel: regression terms, scale, and model of residuals.

Names are those of the job's candidates. A suffix says what differs: ``_weekly`` has no
terms of months and quarters, ``_hours`` the hour of the day alone, ``_week_hours`` one
level for each hour of the week; ``_linear`` and ``_log`` name the scale.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from python_jobs.forecasting.core.arrays import (
    LINEAR,
    BlockData,
    Booleans,
    Floats,
    Integers,
    ModelForecast,
    Transform,
    repeated,
)
from python_jobs.forecasting.core.guards import is_explosive
from python_jobs.forecasting.core.intervals import error_spread
from python_jobs.forecasting.core.prior import weighted_levels
from python_jobs.forecasting.models.registry import BLOCK_MODELS
from python_jobs.forecasting.models.smoothing import (
    START_SEASONS,
    fit_smoothing,
    forecast_smoothing,
    level_calendar,
)
from python_jobs.forecasting.panel.series import PanelSeries, transform_of

AUTO = "auto"
MEAN = "mean_of_best"
"""Names beside those of the models: selection, and the weighted mean it may make."""

POOLED_ORIGINS = 4.0
"""Backtests that the errors of all series count as, beside a series' own."""

MEDIAN_SEASONS = 8
FEWEST_MEDIAN_SEASONS = 2
STEADY_SEASON_WEIGHT = 0.07
"""Weight of the newest season in a steady level: half of it lies ten seasons back."""

_SMALLEST_SPREAD = 1e-9

Terms = Literal["calendar", "weekly", "hours", "week_hours"]
Fit = Callable[[BlockData], ModelForecast]
SeasonalFit = Callable[[BlockData, int], ModelForecast]


@dataclass(frozen=True)
class Variant:
    """One regression: its terms and its scale.

    Attributes
    ----------
    terms
        ``calendar``: all; ``weekly``: without those of months and quarters; ``hours``,
        ``week_hours``: of the day, of the week.
    has_logs
        Whether series are modelled by their logarithm, where they have one.
    """

    terms: Terms
    has_logs: bool


@dataclass(frozen=True)
class PanelModel:
    """A candidate of a panel.

    Attributes
    ----------
    variant
        Regression that comes first.
    fit
        Model of what is left, or of the scaled values.
    """

    variant: Variant
    fit: Fit


@dataclass(frozen=True)
class Prediction:
    """Forecast of series by one candidate at one origin, NaN where it has none.

    Attributes
    ----------
    centre, sd
        Of what is modelled, shape (series, horizon).
    spread
        What errors are standardised by, shape (series,).
    transform
        From values to what is modelled, by series.
    """

    centre: Floats
    sd: Floats
    spread: Floats
    transform: Transform

    @classmethod
    def empty(cls, transform: Transform, *, count: int, horizon: int) -> "Prediction":
        """Return the forecast of no series."""
        nothing = np.full((count, horizon), np.nan)
        return cls(nothing, nothing.copy(), np.full(count, np.nan), transform)

    @property
    def values(self) -> Floats:
        """Forecasts in the unit of the series."""
        return self.transform.back(self.centre)

    @property
    def is_valid(self) -> Booleans:
        """Which series have a forecast."""
        valid: Booleans = np.isfinite(self.spread)
        return valid

    def errors(self, actuals: Floats) -> Floats:
        """Return the errors on the model's scale: actuals less forecasts."""
        return self.transform.forward(actuals) - self.centre

    def put(self, rows: Integers, forecast: ModelForecast, data: BlockData) -> None:
        """Fill in a block; a rejected forecast is left out.

        Parameters
        ----------
        rows
            Of the block's series.
        forecast
            Of what is modelled, with what was fitted.
        data
            The block; its usage is what is modelled.
        """
        transform = self.transform.of(rows)
        seen = transform.back(data.usage.astype(np.float64))
        values = transform.back(forecast.centre)
        spread = error_spread(forecast, data.spread)
        lowest, highest = seen.min(axis=1), seen.max(axis=1)
        is_sound = np.isfinite(values) & np.isfinite(forecast.sd) & (forecast.sd > 0.0)
        with np.errstate(invalid="ignore"):
            good = ~is_explosive(values, lowest=lowest, highest=highest)
        good &= is_sound.all(axis=1) & (spread > 0.0)
        self.centre[rows[good]] = forecast.centre[good]
        self.sd[rows[good]] = forecast.sd[good]
        self.spread[rows[good]] = spread[good]


class Panel(ABC):
    """Series of one frequency, and how models forecast them.

    Parameters
    ----------
    series
        All of them.
    horizon
        Steps ahead.
    processes
        Cores to use; None: all.
    """

    models: Mapping[str, PanelModel]
    season: int
    naive: str
    shortest: int
    flat_steps: int

    def __init__(
        self, series: PanelSeries, *, horizon: int, processes: int | None
    ) -> None:
        self.series, self.horizon, self.processes = series, horizon, processes
        self.transforms = {
            has_logs: transform_of(series, has_logs=has_logs)
            for has_logs in (False, True)
        }

    @abstractmethod
    def predict(
        self, names: Iterable[str], positions: Integers, *, step: int
    ) -> dict[str, Prediction]:
        """Forecast series that share an origin, by model.

        Parameters
        ----------
        names
            Of `models`.
        positions
            Of the series in the panel.
        step
            Last step that may be seen, since 1970-01-01.
        """

    def is_eoq_window(self, positions: Integers, *, step: int) -> Booleans:  # noqa: ARG002
        """Return which steps ahead lie in an EOQ window, shape (series, horizon)."""
        return np.zeros((len(positions), self.horizon), dtype=np.bool_)

    def by_variant(self, names: Iterable[str]) -> dict[Variant, list[str]]:
        """Return names by the regression that comes first."""
        found: dict[Variant, list[str]] = {}
        for name in names:
            found.setdefault(self.models[name].variant, []).append(name)
        return found

    def empty(self, name: str, positions: Integers) -> Prediction:
        """Return the prediction of a model before any series is forecast."""
        transform = self.transforms[self.models[name].variant.has_logs].of(positions)
        return Prediction.empty(transform, count=len(positions), horizon=self.horizon)


def seasonal_naive(data: BlockData, season: int) -> ModelForecast:
    """Forecast the seasonal naive; without a whole season there is none."""
    if data.usage.shape[1] <= season:
        return _unfitted(data)
    moves = data.usage[:, season:] - data.usage[:, :-season]
    spread = np.sqrt((moves**2).mean(axis=1))
    return _seasonal(data, data.usage[:, -season:], spread)


def seasonal_median(data: BlockData, season: int) -> ModelForecast:
    """Forecast the median of the newest seasons, robust against spikes."""
    count, steps = data.usage.shape
    seasons = min(steps // season, MEDIAN_SEASONS)
    if seasons < FEWEST_MEDIAN_SEASONS:
        return _unfitted(data)
    past = data.usage[:, -seasons * season :].reshape(count, seasons, season)
    median = np.median(past, axis=1)
    spread = np.sqrt(((past - median[:, None]) ** 2).mean(axis=(1, 2)))
    return _seasonal(data, median, spread)


def seasonal_smoothing(data: BlockData, season: int) -> ModelForecast:
    """Smooth the scaled values with a damped trend and a season of any length."""
    if data.usage.shape[1] < (START_SEASONS + 1) * season:
        return _unfitted(data)
    fit = fit_smoothing(data.usage, has_trend=True, has_season=True, season=season)
    mean, sd = forecast_smoothing(fit, data.explained.shape[1])
    return ModelForecast(mean, sd, LINEAR, fit.is_converged, {"variance": fit.variance})


def steady_level(data: BlockData, season: int) -> ModelForecast:
    """Forecast the weighted mean of the residuals, newest season weighing more."""
    alpha = STEADY_SEASON_WEIGHT / season
    levels = weighted_levels(data.residuals, alpha)
    alphas = np.full(len(levels), alpha)
    return level_calendar(replace(data, levels=levels, alphas=alphas))


def _seasonal(data: BlockData, pattern: Floats, spread: Floats) -> ModelForecast:
    """Repeat a season; its error grows from one to the next."""
    count, horizon = data.explained.shape
    spread = np.maximum(spread, _SMALLEST_SPREAD)
    ages = np.sqrt(1.0 + np.arange(horizon) // pattern.shape[1])
    return ModelForecast(
        *(repeated(pattern, horizon), spread[:, None] * ages, LINEAR),
        is_converged=np.ones(count, dtype=np.bool_),
        state={"variance": spread**2},
    )


def _unfitted(data: BlockData) -> ModelForecast:
    """Return the forecast of a model that no series can be fitted to."""
    count = len(data.explained)
    return _seasonal(data, np.full((count, 1), np.nan), np.ones(count))


def scaled_data(data: BlockData, floors: Floats) -> BlockData:
    """Return the model input with logarithms in place of usage."""
    logs = np.log(np.maximum(data.usage, floors[:, None]))
    return replace(data, usage=logs)


def _with_terms(
    kinds: Iterable[Terms], fits: Mapping[str, Fit]
) -> dict[str, PanelModel]:
    """Return each fit after each regression, on both scales."""
    return {
        f"{name}_{terms}{suffix}": PanelModel(Variant(terms, has_logs), fit)
        for terms in kinds
        for suffix, has_logs in (("", True), ("_linear", False))
        for name, fit in fits.items()
    }


def _of_season(fit: SeasonalFit, season: int) -> Fit:
    return lambda data: fit(data, season)


def _of_values(terms: Terms, fits: Mapping[str, Fit]) -> dict[str, PanelModel]:
    """Return fits of the values as they are, whatever the terms explain."""
    variant = Variant(terms, has_logs=False)
    return {name: PanelModel(variant, fit) for name, fit in fits.items()}


_AFTER_TERMS: Mapping[str, Fit] = {
    name: BLOCK_MODELS[f"{name}_calendar"]
    for name in ("level", "holt_winters", "sarima")
}
_SMOOTHED_DAYS = _of_season(seasonal_smoothing, 24)

DAILY_MODELS: Mapping[str, PanelModel] = {
    **_with_terms(("calendar", "weekly"), _AFTER_TERMS),
    **{
        f"{name}{suffix}": PanelModel(Variant("weekly", has_logs), BLOCK_MODELS[name])
        for suffix, has_logs in (("", False), ("_log", True))
        for name in ("simple_exponential_smoothing", "holt_winters", "sarima")
    },
    **_of_values(
        "weekly",
        {
            "seasonal_naive_7": _of_season(seasonal_naive, 7),
            "seasonal_naive_364": _of_season(seasonal_naive, 364),
            "seasonal_median_7": _of_season(seasonal_median, 7),
        },
    ),
}
HOURLY_MODELS: Mapping[str, PanelModel] = {
    **_with_terms(
        ("hours", "weekly", "week_hours"),
        {**_AFTER_TERMS, "steady_level": _of_season(steady_level, 24)},
    ),
    **_of_values(
        "hours",
        {
            "simple_exponential_smoothing": BLOCK_MODELS[
                "simple_exponential_smoothing"
            ],
            "holt_winters": _SMOOTHED_DAYS,
        },
    ),
    "holt_winters_log": PanelModel(Variant("hours", has_logs=True), _SMOOTHED_DAYS),
    **_of_values(
        "hours",
        {
            f"seasonal_{name}_{season}": _of_season(fit, season)
            for name, fit in (("naive", seasonal_naive), ("median", seasonal_median))
            for season in (24, 168)
        },
    ),
}
"""Candidates by name."""
