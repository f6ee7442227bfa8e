"""Exponential smoothing by statsmodels, with the variance that theory gives it."""

from typing import Any

import numpy as np

from python_jobs.forecasting.guards import Reason, RefusedError
from python_jobs.forecasting.predictions import Prediction, is_converged
from python_jobs.forecasting.series import WEEK_DAYS, Floats

SETTLING_DAYS = 14
"""First errors of an exponential smoothing: its start is a guess, none is scored."""


def holt_winters_calendar(values: Floats, horizon_days: int, steps: int) -> Prediction:
    """Damped additive trend without season: the calendar has taken the season."""
    model = _holtwinters().ExponentialSmoothing(
        values, trend="add", damped_trend=True, initialization_method="heuristic"
    )
    return _prediction(model, horizon_days=horizon_days, steps=steps)


def holt_winters(values: Floats, horizon_days: int, steps: int) -> Prediction:
    """Damped additive trend and an additive season of seven days."""
    model = _holtwinters().ExponentialSmoothing(
        values,
        trend="add",
        damped_trend=True,
        seasonal="add",
        seasonal_periods=WEEK_DAYS,
        initialization_method="heuristic",
    )
    return _prediction(model, horizon_days=horizon_days, steps=steps)


def simple_exponential_smoothing(
    values: Floats, horizon_days: int, steps: int
) -> Prediction:
    """Level that follows the usage, and nothing else: the least of the candidates."""
    model = _holtwinters().SimpleExpSmoothing(values, initialization_method="heuristic")
    return _prediction(model, horizon_days=horizon_days, steps=steps)


def _holtwinters() -> Any:
    """Import it when it is needed: it takes seconds, and the engine does without."""
    from statsmodels.tsa import holtwinters  # noqa: PLC0415 - slow import

    return holtwinters


def _prediction(model: Any, *, horizon_days: int, steps: int) -> Prediction:
    """Fit and forecast, with the analytic variance."""
    fit = _fitted(model, steps=steps)
    parameters = fit.params
    errors = np.asarray(fit.resid, dtype=np.float64)[SETTLING_DAYS:]
    variance = float(np.mean(errors**2)) * variance_factors(
        horizon_days,
        level=float(parameters["smoothing_level"]),
        trend=_given(parameters.get("smoothing_trend")),
        season=_given(parameters.get("smoothing_seasonal")),
        damping=_given(parameters.get("damping_trend")),
    )
    return Prediction(
        mean=np.asarray(fit.forecast(horizon_days), dtype=np.float64),
        sd=np.sqrt(variance),
    )


def _fitted(model: Any, *, steps: int) -> Any:
    """Minimise the squared errors, first from the default start, then from a grid's.

    The grid search takes nine tenths of the time and ends at the same optimum (errors
    on the default fleet equal to 0.1 %), so it is kept for the few that need it.

    Raises
    ------
    RefusedError
        If neither converges.
    """
    for use_brute in (False, True):
        options = {"options": {"maxiter": steps}}
        fit = model.fit(use_brute=use_brute, minimize_kwargs=options)
        if is_converged(fit):
            return fit
    raise RefusedError(Reason.NOT_CONVERGED)


def _given(parameter: float | None) -> float:
    """Return a smoothing parameter, 0 for one that the model does not have."""
    if parameter is None or np.isnan(parameter):
        return 0.0
    return float(parameter)


def variance_factors(
    horizon_days: int, *, level: float, trend: float, season: float, damping: float
) -> Floats:
    """Return the variance of h-day errors, relative to that of one-day errors.

    Parameters
    ----------
    horizon_days
        Number of days ahead.
    level, trend, season, damping
        Parameters of a damped additive Holt-Winters as statsmodels names them; 0 for
        a part that the model does not have. Its trend parameter is relative to the
        level's.

    Returns
    -------
    numpy.ndarray
        1 + the sum of squared weights that a day's error has on later days, shape
        (horizon,).

    Notes
    -----
    Hyndman, Koehler, Ord and Snyder (2008), Forecasting with Exponential Smoothing,
    table 6.1, class 1: weight of an error after j days
    = level (1 + trend (damping + … + damping^j)) + season when j is a whole week.
    """
    age = np.arange(1, horizon_days)
    weight = level * (1.0 + trend * np.cumsum(damping**age))
    weight = weight + season * (age % WEEK_DAYS == 0)
    return np.concatenate([[1.0], 1.0 + np.cumsum(weight**2)])
