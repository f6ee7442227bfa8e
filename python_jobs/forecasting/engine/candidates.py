"""Every candidate of a block as usage: guarded, or refused with a reason a series."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from python_jobs.forecasting.engine.conformal import (
    ErrorQuantiles,
    kinds,
    normal_quantiles,
)
from python_jobs.forecasting.engine.interval_kernels import fill_around
from python_jobs.forecasting.engine.model_forecasts import ModelForecast
from python_jobs.forecasting.guards import (
    LARGEST_CAPACITY_RATIO,
    LARGEST_EXCURSION,
    Reason,
)
from python_jobs.forecasting.series import Floats

Booleans = NDArray[np.bool_]


@dataclass(frozen=True)
class Bounds:
    """What no forecast of a series may leave, each of shape (series,).

    Attributes
    ----------
    lowest, highest
        Smallest and largest usage that was seen.
    capacities, ceilings
        Capacity, NaN when unknown; value a forecast is cut at.
    """

    lowest: Floats
    highest: Floats
    capacities: Floats
    ceilings: Floats


def refusals(forecast: ModelForecast, bounds: Bounds) -> list[Reason | None]:
    """Return why each series' forecast is not believed; None: it is.

    The rules are those of `guards.check_forecast`, for a whole block.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        usage = np.exp(forecast.centre) if forecast.is_log else forecast.centre
        is_sound = np.isfinite(usage) & np.isfinite(forecast.sd) & (forecast.sd > 0.0)
        is_broken = np.logical_not(is_sound.all(axis=1))
        width = bounds.highest - bounds.lowest
        is_explosive = (
            usage.max(axis=1) > bounds.highest + LARGEST_EXCURSION * width
        ) | (usage.min(axis=1) < bounds.lowest - LARGEST_EXCURSION * width)
        mean: Floats = usage.mean(axis=1)
        is_above = mean > LARGEST_CAPACITY_RATIO * bounds.capacities
    return [
        Reason.FORECAST_NOT_FINITE
        if broken
        else Reason.EXPLOSIVE
        if explosive
        else Reason.ABOVE_CAPACITY
        if above
        else None
        for broken, explosive, above in zip(
            is_broken, is_explosive, is_above, strict=True
        )
    ]


def usage_ahead(
    forecast: ModelForecast,
    *,
    spread: Floats,
    is_eoq: Booleans,
    quantiles: ErrorQuantiles,
    ceilings: Floats,
) -> tuple[Floats, Floats]:
    """Return forecast and quantiles in the unit of the usage.

    Parameters
    ----------
    forecast
        Of series of one metric.
    spread
        What past errors were standardised by, shape (series,).
    is_eoq
        Days ahead in an EOQ window, shape (horizon,).
    quantiles
        Of past errors; without any the model's own normal distribution stands in.
    ceilings
        Values are cut there, and at 0.

    Returns
    -------
    tuple
        Values of shape (series, horizon) and quantiles of shape (series, horizon, 9).
    """
    centre, is_log = forecast.centre, forecast.is_log
    with np.errstate(over="ignore"):
        values = np.exp(centre) if is_log else centre
        if not quantiles.by_band:
            around = normal_quantiles(centre, forecast.sd)
            around = np.exp(around, out=around) if is_log else around
            np.clip(around, 0.0, ceilings[:, None, None], out=around)
        else:
            seen, kind = np.unique(kinds(is_eoq), return_inverse=True)
            steps = spread[:, None, None] * quantiles.by_kind[seen]
            steps = np.exp(steps, out=steps) if is_log else steps
            around = np.empty((*centre.shape, steps.shape[2]))
            fill_around(values, steps, kind, is_log, ceilings, around)
    return np.clip(values, 0.0, ceilings[:, None]), around


def error_spread(forecast: ModelForecast, residual_spread: Floats) -> Floats:
    """Return what the errors of a model are standardised by, on its own scale."""
    if forecast.is_log:
        return residual_spread
    return np.sqrt(forecast.state["variance"])
