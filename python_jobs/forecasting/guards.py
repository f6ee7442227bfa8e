"""What must hold before a model is fitted and before its forecast is believed.

statsmodels fails silently: SARIMAX calls an all-missing series converged at 0 %,
Holt-Winters carries one gap into NaN, a steep rise to 100 % goes on to 145 %. So each
series and each forecast passes here, and a breach is a reason, never a number.
"""

from enum import StrEnum

import numpy as np

from python_jobs.forecasting.series import Floats, UsageSeries

LARGEST_SILENT_DAYS = 14
"""A series last measured so many days before the origin is not forecast: it is dead."""

FLAT_DAYS = 28
"""A series that did not move in so many days has no day-to-day behaviour to learn."""

LARGEST_EXCURSION = 2.0
"""Furthest a forecast may leave the seen range, in widths of that range."""

LARGEST_CAPACITY_RATIO = 1.25
"""Largest mean forecast, before it is cut at 100 %, relative to the capacity."""


class Reason(StrEnum):
    """Why a candidate does not forecast a series."""

    GAP = "gap"
    ENDED = "ended"
    SILENT = "silent"
    TOO_SHORT = "too_short"
    NOT_FINITE = "not_finite"
    FLAT = "flat"
    NOT_BACKTESTED = "not_backtested"
    FIT_FAILED = "fit_failed"
    NOT_CONVERGED = "not_converged"
    FORECAST_NOT_FINITE = "forecast_not_finite"
    EXPLOSIVE = "explosive"
    ABOVE_CAPACITY = "above_capacity"


class RefusedError(Exception):
    """A candidate is refused for a series; carries the reason."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(str(reason))
        self.reason = reason


def unusable_reason(
    series: UsageSeries, *, origin_date: np.datetime64
) -> Reason | None:
    """Return why no candidate may be fitted on the history at the origin, if so."""
    past = series.past(origin_date)
    if past.stop == 0:
        return Reason.TOO_SHORT
    usage = np.maximum(series.usage_values[past], series.log_floor)
    measured = series.measured_values[past]
    breaches = {
        Reason.GAP: not series.is_unbroken,
        Reason.ENDED: series.days[past][-1] < origin_date,
        Reason.NOT_FINITE: not np.isfinite(usage).all(),
        Reason.SILENT: not np.isfinite(measured[-LARGEST_SILENT_DAYS:]).any(),
        Reason.FLAT: np.ptp(usage[-FLAT_DAYS:]) == 0.0,
    }
    return next((reason for reason, is_so in breaches.items() if is_so), None)


def check_history(values: Floats) -> None:
    """Refuse values that a fit would turn into nonsense without a word.

    Raises
    ------
    RefusedError
        If a value is missing or infinite, or the values never move.
    """
    if not np.isfinite(values).all():
        raise RefusedError(Reason.NOT_FINITE)
    if np.ptp(values) <= 1e-9 * max(1.0, float(np.abs(values).max())):
        raise RefusedError(Reason.FLAT)


def check_forecast(
    forecast: Floats, *, spread: Floats, seen: Floats, capacity_value: float
) -> None:
    """Refuse a forecast that no usage can follow.

    Parameters
    ----------
    forecast, spread
        Usage of the days ahead before it is cut at 100 %, and the standard deviation of
        its error on the model's own scale, shape (horizon,).
    seen
        Usage that the model was fitted on, shape (days,).
    capacity_value
        In the unit of the usage; NaN when unknown.

    Raises
    ------
    RefusedError
        If a value is not finite, leaves the seen range by more than
        `LARGEST_EXCURSION` of its widths, or the mean is above the capacity by more
        than `LARGEST_CAPACITY_RATIO`.
    """
    if not (np.isfinite(forecast).all() and np.isfinite(spread).all()):
        raise RefusedError(Reason.FORECAST_NOT_FINITE)
    if not (spread > 0.0).all():
        raise RefusedError(Reason.FORECAST_NOT_FINITE)
    width = float(np.ptp(seen))
    if (
        forecast.max() > seen.max() + LARGEST_EXCURSION * width
        or forecast.min() < seen.min() - LARGEST_EXCURSION * width
    ):
        raise RefusedError(Reason.EXPLOSIVE)
    if float(forecast.mean()) > LARGEST_CAPACITY_RATIO * capacity_value:
        raise RefusedError(Reason.ABOVE_CAPACITY)
