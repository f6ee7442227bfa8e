"""The candidates, each fitted to a whole block and told as centre and spread.

The calendar candidates see the residual of the log usage, the others the usage itself.
What a fit found is kept as named rows, from which the same forecast comes again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from python_jobs.forecasting.engine.arima import ArimaFit, fit_arima, forecast_arima
from python_jobs.forecasting.engine.model_forecasts import (
    PATH,
    BlockData,
    ModelForecast,
    State,
    from_path,
)
from python_jobs.forecasting.engine.smoothing import (
    PARAMETERS,
    SmoothingFit,
    fit_smoothing,
    forecast_smoothing,
)
from python_jobs.forecasting.series import WEEK_DAYS, Floats


def level_calendar(data: BlockData) -> ModelForecast:
    """Carry the exponentially weighted level of the residual on."""
    state = {"level": data.levels, "alpha": data.alphas, "spread": data.spread}
    return _forecast(_LEVEL, state, data)


def sarima_calendar(data: BlockData) -> ModelForecast:
    """Regression with ARIMA(1,1,1) errors."""
    fit = fit_arima(data.residuals)
    return _forecast(_ARIMA, _rows(fit), data, is_converged=fit.is_converged)


def holt_winters_calendar(data: BlockData) -> ModelForecast:
    """Damped trend without season: the calendar has taken the season."""
    residuals = data.residuals.astype(np.float64)
    fit = fit_smoothing(residuals, has_trend=True, has_season=False)
    state = _smoothing_rows(fit)
    return _forecast(_SMOOTHING, state, data, is_converged=fit.is_converged)


def simple_exponential_smoothing(data: BlockData) -> ModelForecast:
    """Level that follows the usage, and nothing else."""
    return _smoothed_usage(data, has_trend=False, has_season=False)


def holt_winters(data: BlockData) -> ModelForecast:
    """Damped trend and a season of seven days on the usage."""
    return _smoothed_usage(data, has_trend=True, has_season=True)


def sarima(data: BlockData) -> ModelForecast:
    """Weekday means with ARIMA(1,1,1) errors on the usage."""
    days = data.usage.shape[1]
    weekdays = np.arange(days) % WEEK_DAYS
    # contiguous, so that the order of a sum does not depend on the rows beside it
    own = [np.ascontiguousarray(data.usage[:, weekdays == k]) for k in range(WEEK_DAYS)]
    means = np.column_stack([usage.mean(axis=1) for usage in own])
    fit = fit_arima(data.usage - means[:, weekdays])
    ahead = np.roll(means, -(days % WEEK_DAYS), axis=1)
    state = _rows(fit) | {f"season_{day}": ahead[:, day] for day in range(WEEK_DAYS)}
    return _forecast(_SARIMA, state, data, is_converged=fit.is_converged)


def again(model: str, state: State, explained: Floats) -> ModelForecast:
    """Forecast from a saved state: the same numbers as when it was fitted.

    Parameters
    ----------
    model
        Which candidate saved it.
    state
        By name, shape (series,).
    explained
        What the calendar explains of the days ahead, shape (series, horizon).
    """
    if PATH.format(1) in state:
        return from_path(state, horizon=explained.shape[1])
    return _told(_FAMILIES[model], state, explained)


Teller = Callable[[State, int], tuple[Floats, Floats]]


@dataclass(frozen=True)
class _Family:
    """How a state becomes a forecast, and on which scale."""

    tell: Teller
    is_log: bool


def _tell_level(state: State, horizon: int) -> tuple[Floats, Floats]:
    """Variance of a level that follows a day's error by alpha, plus the day's own."""
    factors = np.sqrt(1.0 + state["alpha"][:, None] ** 2 * np.arange(horizon))
    mean = np.repeat(state["level"][:, None], horizon, axis=1)
    return mean, state["spread"][:, None] * factors


def _tell_arima(state: State, horizon: int) -> tuple[Floats, Floats]:
    known = {field.name: state[field.name] for field in fields(ArimaFit)[:-1]}
    ended = np.ones(len(state["ar"]), dtype=np.bool_)
    return forecast_arima(ArimaFit(**known, is_converged=ended), horizon)


def _tell_sarima(state: State, horizon: int) -> tuple[Floats, Floats]:
    mean, sd = _tell_arima(state, horizon)
    return mean + _weekly(state, horizon), sd


def _tell_smoothing(state: State, horizon: int) -> tuple[Floats, Floats]:
    count = len(state["level"])
    nothing: Any = np.zeros(count)
    fit = SmoothingFit(
        parameters=np.column_stack([state[name] for name in PARAMETERS]),
        level=state["level"],
        trend=state["trend"],
        season=np.column_stack([state[f"season_{day}"] for day in range(WEEK_DAYS)]),
        first_level=nothing,
        first_season=nothing,
        variance=state["variance"],
        is_converged=np.ones(count, dtype=np.bool_),
    )
    return forecast_smoothing(fit, horizon)


_LEVEL = _Family(_tell_level, is_log=True)
_ARIMA = _Family(_tell_arima, is_log=True)
_SARIMA = _Family(_tell_sarima, is_log=False)
_SMOOTHING = _Family(_tell_smoothing, is_log=True)
_SMOOTHING_USAGE = _Family(_tell_smoothing, is_log=False)
_FAMILIES: Mapping[str, _Family] = {
    "level_calendar": _LEVEL,
    "sarima_calendar": _ARIMA,
    "holt_winters_calendar": _SMOOTHING,
    "sarima": _SARIMA,
    "holt_winters": _SMOOTHING_USAGE,
    "simple_exponential_smoothing": _SMOOTHING_USAGE,
}

BLOCK_MODELS: Mapping[str, Callable[[BlockData], ModelForecast]] = {
    "level_calendar": level_calendar,
    "simple_exponential_smoothing": simple_exponential_smoothing,
    "holt_winters": holt_winters,
    "sarima": sarima,
    "holt_winters_calendar": holt_winters_calendar,
    "sarima_calendar": sarima_calendar,
}
"""Candidates that are fitted block by block."""


def _forecast(
    family: _Family,
    state: State,
    data: BlockData,
    *,
    is_converged: NDArray[np.bool_] | None = None,
) -> ModelForecast:
    told = _told(family, state, data.explained)
    if is_converged is None:
        return told
    return ModelForecast(told.centre, told.sd, told.is_log, is_converged, state)


def _told(family: _Family, state: State, explained: Floats) -> ModelForecast:
    mean, sd = family.tell(state, explained.shape[1])
    centre = mean + explained if family.is_log else mean
    ended = np.ones(len(mean), dtype=np.bool_)
    return ModelForecast(centre, sd, family.is_log, ended, state)


def _smoothed_usage(
    data: BlockData, *, has_trend: bool, has_season: bool
) -> ModelForecast:
    fit = fit_smoothing(data.usage, has_trend=has_trend, has_season=has_season)
    state = _smoothing_rows(fit)
    return _forecast(_SMOOTHING_USAGE, state, data, is_converged=fit.is_converged)


def _rows(fit: ArimaFit) -> State:
    return {field.name: getattr(fit, field.name) for field in fields(ArimaFit)[:-1]}


def _smoothing_rows(fit: SmoothingFit) -> State:
    return {
        **dict(zip(PARAMETERS, fit.parameters.T, strict=True)),
        "level": fit.level,
        "trend": fit.trend,
        "variance": fit.variance,
        **{f"season_{day}": fit.season[:, day] for day in range(WEEK_DAYS)},
    }


def _weekly(state: State, horizon: int) -> Floats:
    season = np.column_stack([state[f"season_{day}"] for day in range(WEEK_DAYS)])
    return np.tile(season, (1, -(-horizon // WEEK_DAYS)))[:, :horizon]
