"""Validity checks of forecasts: finite, not explosive, within capacity.

Models fail silently: SARIMAX calls an all-missing series converged at 0 %, Holt-Winters
carries one gap into NaN, a steep rise to 100 % goes on to 145 %. So each series passes
`Fleet.look_back` and each forecast `rejections`, and a breach is a reason, never a
number.
"""

from dataclasses import dataclass

import numpy as np

from python_jobs.forecasting.core.arrays import (
    Booleans,
    Floats,
    ModelForecast,
    Reason,
)

LARGEST_EXCURSION = 2.0
"""Furthest a forecast may leave the observed range, in widths of that range."""

LARGEST_CAPACITY_RATIO = 1.25
"""Largest mean forecast, before it is cut at 100 %, relative to the capacity."""


@dataclass(frozen=True)
class Bounds:
    """Observed range, capacity and ceiling of a block, each of shape (series,).

    Attributes
    ----------
    lowest, highest
        Smallest and largest observed usage.
    capacities, ceilings
        Capacity, NaN when unknown; value a forecast is cut at.
    """

    lowest: Floats
    highest: Floats
    capacities: Floats
    ceilings: Floats


def is_explosive(forecast: Floats, *, lowest: Floats, highest: Floats) -> Booleans:
    """Flag explosive forecasts: too far beyond the observed range, shape (series,).

    Parameters
    ----------
    forecast
        In the unit of the series, shape (series, horizon).
    lowest, highest
        Observed range, shape (series,).
    """
    reach = LARGEST_EXCURSION * (highest - lowest)
    is_far: Booleans = (forecast.max(axis=1) > highest + reach) | (
        forecast.min(axis=1) < lowest - reach
    )
    return is_far


def rejections(forecast: ModelForecast, bounds: Bounds) -> list[Reason | None]:
    """Return the reason that rejects each forecast; None: it is valid."""
    with np.errstate(over="ignore", invalid="ignore"):
        usage = forecast.transform.back(forecast.centre)
        is_sound = np.isfinite(usage) & np.isfinite(forecast.sd) & (forecast.sd > 0.0)
        broken = {
            Reason.FORECAST_NOT_FINITE: ~is_sound.all(axis=1),
            Reason.EXPLOSIVE: is_explosive(
                usage, lowest=bounds.lowest, highest=bounds.highest
            ),
            Reason.ABOVE_CAPACITY: usage.mean(axis=1)
            > LARGEST_CAPACITY_RATIO * bounds.capacities,
        }
    found: list[Reason | None] = [None] * len(usage)
    for reason, is_so in reversed(broken.items()):
        for row in np.flatnonzero(is_so).tolist():
            found[row] = reason
    for failed, reason in forecast.failures.items():
        found[failed] = reason
    return found
