"""Registry of candidates: fit function by name, and forecast from a saved state."""

from collections.abc import Callable, Mapping

import numpy as np

from python_jobs.forecasting.core.arrays import (
    LINEAR,
    LOG,
    PATH,
    WEEK_DAYS,
    BlockData,
    Family,
    Floats,
    ModelForecast,
    State,
    from_path,
)
from python_jobs.forecasting.models import arima, smoothing

BlockModel = Callable[[BlockData], ModelForecast]

BLOCK_MODELS: Mapping[str, BlockModel] = {
    "level_calendar": smoothing.level_calendar,
    "simple_exponential_smoothing": smoothing.simple_exponential_smoothing,
    "holt_winters": smoothing.holt_winters,
    "sarima": arima.sarima,
    "holt_winters_calendar": smoothing.holt_winters_calendar,
    "sarima_calendar": arima.sarima_calendar,
}
"""Candidates that are fitted block by block."""

_FAMILIES: Mapping[str, Family] = {
    "level_calendar": smoothing.LEVEL,
    "sarima_calendar": arima.ARIMA,
    "holt_winters_calendar": smoothing.SMOOTHING,
    "sarima": arima.SARIMA,
    "holt_winters": smoothing.SMOOTHING_USAGE,
    "simple_exponential_smoothing": smoothing.SMOOTHING_USAGE,
}
_ON_USAGE = {
    "simple_exponential_smoothing",
    "holt_winters",
    "sarima",
    "sarima_seasonal",
}


def compile_fits() -> None:
    """Compile what the candidates fit with, or load it where it is kept.

    It takes ten seconds on a new machine; who calls this beside other work saves them.
    """
    days = np.zeros((1, 8 * WEEK_DAYS))
    smoothing.fit_smoothing(days, has_trend=True, has_season=True)
    for values in (days, days.astype(np.float32)):
        arima.forecast_arima(arima.fit_arima(values), horizon_days=1)


def forecast_from_state(model: str, state: State, explained: Floats) -> ModelForecast:
    """Forecast from a saved state, equal to the forecast of its fit.

    Parameters
    ----------
    model
        Which candidate saved it.
    state
        By name, shape (series,).
    explained
        Calendar component of the days ahead, shape (series, horizon).
    """
    if PATH.format(1) in state:
        transform = LINEAR if model in _ON_USAGE else LOG
        return from_path(state, transform=transform, horizon=explained.shape[1])
    return _FAMILIES[model].forecast(state, explained)
