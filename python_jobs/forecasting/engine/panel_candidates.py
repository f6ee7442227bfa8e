"""The models that a panel chooses from: what explains, on which scale, what follows.

Names are those of the job's candidates. A suffix says what differs: ``_weekly`` has no
terms of months and quarters, ``_hours`` the hour of the day alone, ``_week_hours`` one
level for each hour of the week; ``_linear`` and ``_log`` name the scale.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from python_jobs.forecasting.engine.model_forecasts import BlockData, ModelForecast
from python_jobs.forecasting.engine.models import BLOCK_MODELS, level_calendar
from python_jobs.forecasting.engine.prior import weighted_levels
from python_jobs.forecasting.engine.smoothing import (
    START_SEASONS,
    fit_smoothing,
    forecast_smoothing,
)
from python_jobs.forecasting.series import Floats

Terms = Literal["calendar", "weekly", "hours", "week_hours"]
DAILY_TERMS: tuple[Terms, ...] = ("calendar", "weekly")
HOURLY_TERMS: tuple[Terms, ...] = ("hours", "weekly", "week_hours")
MEDIAN_SEASONS = 8
FEWEST_MEDIAN_SEASONS = 2
STEADY_SEASON_WEIGHT = 0.07
"""Weight of the newest season in a steady level: half of it lies ten seasons back."""

_SMALLEST_SPREAD = 1e-9
_SCALES = (("", True), ("_linear", False))
AUTO = "auto"
MEAN = "inverse_error_mean"


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


Fit = Callable[[BlockData], ModelForecast]


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


def _season(season: int, name: str) -> Fit:
    return lambda data: _SEASONAL[name](data, season)


def seasonal_naive(data: BlockData, season: int) -> ModelForecast:
    """Repeat the newest season; without a whole one there is no forecast."""
    count, steps = data.usage.shape
    horizon = data.explained.shape[1]
    if steps <= season:
        return _told(np.full((count, horizon), np.nan), np.ones(count), season=season)
    moves = data.usage[:, season:] - data.usage[:, :-season]
    spread = np.sqrt((moves**2).mean(axis=1))
    return _told(_repeated(data.usage[:, -season:], horizon), spread, season=season)


def seasonal_median(data: BlockData, season: int) -> ModelForecast:
    """Repeat the median of the newest seasons: what a spike does not move."""
    count, steps = data.usage.shape
    horizon = data.explained.shape[1]
    seasons = min(steps // season, MEDIAN_SEASONS)
    if seasons < FEWEST_MEDIAN_SEASONS:
        return _told(np.full((count, horizon), np.nan), np.ones(count), season=season)
    past = data.usage[:, -seasons * season :].reshape(count, seasons, season)
    median = np.median(past, axis=1)
    spread = np.sqrt(((past - median[:, None]) ** 2).mean(axis=(1, 2)))
    return _told(_repeated(median, horizon), spread, season=season)


def seasonal_smoothing(data: BlockData, season: int) -> ModelForecast:
    """Damped trend and a season of any length on the scaled values."""
    count, horizon = data.explained.shape
    if data.usage.shape[1] < (START_SEASONS + 1) * season:
        return _told(np.full((count, horizon), np.nan), np.ones(count), season=season)
    fit = fit_smoothing(data.usage, has_trend=True, has_season=True, season=season)
    mean, sd = forecast_smoothing(fit, horizon)
    return ModelForecast(
        *(mean, sd),
        is_log=False,
        is_converged=fit.is_converged,
        state={"variance": fit.variance},
    )


def steady_level(data: BlockData, season: int) -> ModelForecast:
    """Carry on the mean of what is left, the newest season weighing a little more."""
    alpha = STEADY_SEASON_WEIGHT / season
    levels = weighted_levels(data.residuals, alpha)
    alphas = np.full(len(levels), alpha)
    return level_calendar(replace(data, levels=levels, alphas=alphas))


_SEASONAL: Mapping[str, Callable[[BlockData, int], ModelForecast]] = {
    "naive": seasonal_naive,
    "median": seasonal_median,
    "holt_winters": seasonal_smoothing,
    "steady": steady_level,
}


def _repeated(season: Floats, horizon: int) -> Floats:
    repeats = -(-horizon // season.shape[1])
    return np.tile(season, (1, repeats))[:, :horizon].astype(np.float64)


def _told(centre: Floats, spread: Floats, *, season: int) -> ModelForecast:
    """Return a forecast whose error grows from season to season."""
    spread = np.maximum(spread, _SMALLEST_SPREAD)
    ages = np.sqrt(1.0 + np.arange(centre.shape[1]) // season)
    return ModelForecast(
        *(centre, spread[:, None] * ages),
        is_log=False,
        is_converged=np.ones(len(centre), dtype=np.bool_),
        state={"variance": spread**2},
    )


def scaled_data(data: BlockData, floors: Floats) -> BlockData:
    """Return the data with logarithms in place of usage."""
    logs = np.log(np.maximum(data.usage, floors[:, None]))
    return replace(data, usage=logs)


def _daily() -> dict[str, PanelModel]:
    models: dict[str, PanelModel] = {}
    for terms in DAILY_TERMS:
        for scale, has_logs in _SCALES:
            for name in ("level", "holt_winters", "sarima"):
                fit = BLOCK_MODELS[f"{name}_calendar"]
                variant = Variant(terms, has_logs)
                models[f"{name}_{terms}{scale}"] = PanelModel(variant, fit)
    for scale, has_logs in (("", False), ("_log", True)):
        for name in ("simple_exponential_smoothing", "holt_winters", "sarima"):
            variant = Variant("weekly", has_logs)
            models[f"{name}{scale}"] = PanelModel(variant, BLOCK_MODELS[name])
    linear = Variant("weekly", has_logs=False)
    for name, season in (("naive", 7), ("naive", 364), ("median", 7)):
        models[f"seasonal_{name}_{season}"] = PanelModel(linear, _season(season, name))
    return models


def _hourly() -> dict[str, PanelModel]:
    models: dict[str, PanelModel] = {}
    for terms in HOURLY_TERMS:
        for scale, has_logs in _SCALES:
            variant = Variant(terms, has_logs)
            for name in ("level", "holt_winters", "sarima"):
                fit = BLOCK_MODELS[f"{name}_calendar"]
                models[f"{name}_{terms}{scale}"] = PanelModel(variant, fit)
            steady = _season(24, "steady")
            models[f"steady_level_{terms}{scale}"] = PanelModel(variant, steady)
    linear = Variant("hours", has_logs=False)
    ses = BLOCK_MODELS["simple_exponential_smoothing"]
    models["simple_exponential_smoothing"] = PanelModel(linear, ses)
    smoothed = _season(24, "holt_winters")
    models["holt_winters"] = PanelModel(linear, smoothed)
    models["holt_winters_log"] = PanelModel(Variant("hours", has_logs=True), smoothed)
    for name in ("naive", "median"):
        for season in (24, 168):
            fit = _season(season, name)
            models[f"seasonal_{name}_{season}"] = PanelModel(linear, fit)
    return models


DAILY_MODELS: Mapping[str, PanelModel] = _daily()
HOURLY_MODELS: Mapping[str, PanelModel] = _hourly()
"""By name."""
