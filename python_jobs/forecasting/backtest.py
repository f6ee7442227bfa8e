"""Score a forecast against what was measured, day by day."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from python_jobs.forecasting.forecasts import QUANTILES, UsageForecast
from python_jobs.forecasting.series import WEEK_DAYS, Booleans, Floats, UsageSeries

BACKTEST_DAYS = 90
BLOCK_DAYS = 10
SCALE_DAYS = 364

ERROR_TERMS = (
    "day_count",
    "error_sum",
    "absolute_error_sum",
    "squared_error_sum",
    "percentage_error_sum",
    "percentage_day_count",
    "symmetric_error_sum",
    "actual_sum",
    "log_error_sum",
    "squared_log_error_sum",
    "pinball_sum",
    "inside_80_count",
    "inside_95_count",
)
"""What is summed per block of the horizon."""

_SYMMETRIC_FLOOR = 1e-12
_PROBABILITIES = np.array(list(QUANTILES.values()))
_POSITION = {name: position for position, name in enumerate(QUANTILES)}


def day_errors(
    forecast: UsageForecast,
    *,
    measured_values: Floats,
    is_eoq_window: Booleans,
    log_floor: float,
) -> dict[str, NDArray[Any]]:
    """Return what each day adds to the sums of ``ml.forecast_backtests``.

    Parameters
    ----------
    forecast
        Days ahead of the origin.
    measured_values
        What was measured on the first of these days, NaN when nothing was, shape
        (days,); days without a value are not scored.
    is_eoq_window
        Whether each of them lies in an EOQ window.
    log_floor
        Floor under a logarithm, usage unit.

    Returns
    -------
    dict
        ``horizon_block`` (1: the first ten days), ``is_eoq`` and the terms of the sums,
        each of shape (scored days,). An error is forecast less actual, a log error
        actual less forecast.
    """
    scored = np.flatnonzero(np.isfinite(measured_values))
    return {
        "horizon_block": scored // BLOCK_DAYS + 1,
        "is_eoq": is_eoq_window[scored],
        **_errors(
            measured_values[scored],
            forecast.values[scored],
            quantiles=forecast.quantiles[scored],
            log_floor=log_floor,
        ),
    }


def _errors(
    actual: Floats, expected: Floats, *, quantiles: Floats, log_floor: float
) -> dict[str, NDArray[Any]]:
    """Return the errors of scored days, named as the sums they go into."""
    error = expected - actual
    is_positive = actual > 0.0
    log_error = np.log(np.maximum(actual, log_floor)) - np.log(
        np.maximum(expected, log_floor)
    )
    short = actual[:, None] - quantiles
    pinball = np.maximum(_PROBABILITIES * short, (_PROBABILITIES - 1.0) * short)
    return {
        "day_count": np.ones(len(actual), dtype=np.int64),
        "error_sum": error,
        "absolute_error_sum": np.abs(error),
        "squared_error_sum": error**2,
        "percentage_error_sum": np.divide(
            np.abs(error), actual, out=np.zeros_like(actual), where=is_positive
        ),
        "percentage_day_count": is_positive.astype(np.int64),
        "symmetric_error_sum": 2.0
        * np.abs(error)
        / np.maximum(np.abs(actual) + np.abs(expected), _SYMMETRIC_FLOOR),
        "actual_sum": actual,
        "log_error_sum": log_error,
        "squared_log_error_sum": log_error**2,
        "pinball_sum": pinball.mean(axis=1),
        "inside_80_count": _inside(actual, quantiles, "forecast_q10", "forecast_q90"),
        "inside_95_count": _inside(
            actual, quantiles, "forecast_q2_5", "forecast_q97_5"
        ),
    }


def _inside(
    actual: Floats, quantiles: Floats, low: str, high: str
) -> NDArray[np.int64]:
    """Return 1 for each day between two quantiles, both included."""
    is_inside = (quantiles[:, _POSITION[low]] <= actual) & (
        actual <= quantiles[:, _POSITION[high]]
    )
    return is_inside.astype(np.int64)


def error_scale(series: UsageSeries, *, origin_date: np.datetime64) -> float:
    """Return the mean absolute change from one week to the next before the origin.

    Over the last `SCALE_DAYS` days, the same as in SQL; NaN when the usage never moved
    or the history is shorter than eight days.
    """
    usage = series.usage_values[series.past(origin_date)]
    changes = np.abs(usage[WEEK_DAYS:] - usage[:-WEEK_DAYS])[-SCALE_DAYS:]
    if len(changes) == 0 or changes.mean() == 0.0:
        return np.nan
    return float(changes.mean())
