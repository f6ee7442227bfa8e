"""Split conformal intervals from backtest errors, quarter ends calibrated apart.

Source: Vovk, Gammerman and Shafer (2005), Algorithmic Learning in a Random World, split
conformal prediction; here standardised by each series' own spread and pooled over a
metric, so that a forecast of origin k uses only errors of older origins on days that
origin k knows.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numba import njit
from scipy.special import ndtri

from python_jobs.calendars.forecast_design import (
    BANDS,
    EOQ_BANDS,
    FEWEST_ERRORS,
    QUANTILES,
)
from python_jobs.forecasting.core.arrays import (
    PROBABILITIES,
    Booleans,
    Floats,
    Integers,
    ModelForecast,
)

_DEVIATES = ndtri(PROBABILITIES)

BandKey = tuple[bool, int]

GROUPS: Sequence[BandKey] = (
    *((False, band) for band in BANDS),
    *((True, band) for band in EOQ_BANDS),
)
"""Calibration groups: EOQ flag and last day of a horizon band."""


@dataclass(frozen=True)
class OriginErrors:
    """Standardised out-of-sample errors of a model and metric at a backtest origin.

    Attributes
    ----------
    values
        Actual less centre over spread, NaN where nothing was measured, shape (series,
        days).
    is_eoq_window
        Shape (series, days).
    """

    values: Floats
    is_eoq_window: Booleans


@dataclass(frozen=True)
class ErrorQuantiles:
    """Empirical quantiles of standardised errors by calibration group.

    Attributes
    ----------
    by_band
        In the order of `QUANTILES`, shape (9,), where there are enough errors.
    counts
        Errors that they come from.
    """

    by_band: Mapping[BandKey, Floats]
    counts: Mapping[BandKey, int]

    @cached_property
    def by_group(self) -> Floats:
        """Quantiles by calibration group, in the order of `GROUPS`, shape (groups, 9).

        A band without enough errors borrows from the nearest shorter one, then the
        nearest longer one, then from the other flag; without any it is NaN.
        """
        rows = [self._nearest(flag, band) for flag, band in GROUPS]
        nothing = np.full(len(PROBABILITIES), np.nan)
        return np.stack([nothing if row is None else row for row in rows])

    def _nearest(self, flag: bool, band: int) -> Floats | None:
        ranked = sorted(
            self.by_band,
            key=lambda key: (
                key[0] != flag,
                band - key[1] if band >= key[1] else 1000 + key[1],
            ),
        )
        return self.by_band[ranked[0]] if ranked else None


NO_QUANTILES = ErrorQuantiles({}, {})
"""Quantiles of a model without a backtest."""


def calibration_groups(is_eoq_window: Booleans) -> Integers:
    """Return the calibration group of each day ahead: its EOQ flag and band.

    Parameters
    ----------
    is_eoq_window
        Shape (…, horizon); so is what is returned, a position in `by_group`.
    """
    ahead = np.arange(1, is_eoq_window.shape[-1] + 1)
    ordinary, eoq = (
        np.minimum(np.searchsorted(bands, ahead), len(bands) - 1)
        for bands in (BANDS, EOQ_BANDS)
    )
    return np.where(is_eoq_window, len(BANDS) + eoq, ordinary)


def error_quantiles(
    errors: Iterable[OriginErrors], known_days: Iterable[int]
) -> ErrorQuantiles:
    """Calibrate: pool the errors of older origins into nearest-rank quantiles.

    Parameters
    ----------
    errors
        By older origin.
    known_days
        Days ahead of each with actuals at the newer origin.

    Returns
    -------
    ErrorQuantiles
        Nearest rank: the smallest error that so large a share does not exceed.
    """
    by_band: dict[BandKey, Floats] = {}
    counts: dict[BandKey, int] = {}
    pooled: dict[BandKey, list[Floats]] = {}
    for each, days in zip(errors, known_days, strict=True):
        values, flags = each.values[:, :days], each.is_eoq_window[:, :days]
        for flag, bands in ((False, BANDS), (True, EOQ_BANDS)):
            for first, band in zip((0, *bands), bands, strict=False):
                own = values[:, first:band]
                chosen = own[(flags[:, first:band] == flag) & np.isfinite(own)]
                pooled.setdefault((flag, band), []).append(chosen)
    for key, parts in pooled.items():
        values = np.concatenate(parts)
        if len(values) >= FEWEST_ERRORS:
            ranks = nearest_ranks(len(values))
            by_band[key] = np.partition(values, ranks)[ranks]
            counts[key] = len(values)
    return ErrorQuantiles(by_band=by_band, counts=counts)


def nearest_ranks(counts: int | Integers) -> Integers:
    """Return the places of the quantiles by nearest rank among sorted values.

    Parameters
    ----------
    counts
        Number of values, or of each series, shape (series,).

    Returns
    -------
    numpy.ndarray
        Shape (9,) or (series, 9).
    """
    ranks = np.ceil(np.multiply.outer(counts, PROBABILITIES) - 1e-9)
    places: Integers = np.maximum(ranks.astype(np.int64) - 1, 0)
    return places


def normal_quantiles(centre: Floats, sd: Floats) -> Floats:
    """Return normal predictive quantiles, shape (series, horizon, 9)."""
    return centre[:, :, None] + sd[:, :, None] * _DEVIATES


@njit(cache=True, nogil=True)
def _fill_around(values, steps, groups, is_ratio, ceilings, around):  # type: ignore[no-untyped-def]
    """Fill the predictive quantiles, cut at 0 and at the series' ceiling.

    ``steps`` holds by series and calibration group how far each quantile is from the
    value: a ratio or a difference.
    """
    for i in range(around.shape[0]):
        for t in range(around.shape[1]):
            value, group = values[i, t], groups[t]
            for k in range(around.shape[2]):
                step = steps[i, group, k]
                quantile = value * step if is_ratio else value + step
                around[i, t, k] = min(max(quantile, 0.0), ceilings[i])


def usage_ahead(
    forecast: ModelForecast,
    *,
    spread: Floats,
    is_eoq_window: Booleans,
    quantiles: ErrorQuantiles,
    ceilings: Floats,
) -> tuple[Floats, Floats]:
    """Return point forecast and predictive quantiles in the unit of the usage.

    Parameters
    ----------
    forecast
        Of series of one metric.
    spread
        Scale that past errors were standardised by, shape (series,).
    is_eoq_window
        Days ahead in an EOQ window, shape (horizon,).
    quantiles
        Of past errors; without any the model's own normal distribution is used.
    ceilings
        Values are cut there, and at 0.

    Returns
    -------
    tuple
        Values of shape (series, horizon) and quantiles of shape (series, horizon, 9).
    """
    centre, transform = forecast.centre, forecast.transform
    values = transform.back(centre)
    with np.errstate(over="ignore"):
        if not quantiles.by_band:
            around = transform.back(normal_quantiles(centre, forecast.sd))
            np.clip(around, 0.0, ceilings[:, None, None], out=around)
        else:
            seen, kind = np.unique(
                calibration_groups(is_eoq_window), return_inverse=True
            )
            # a quantile of the log error is a ratio of usage
            steps = transform.back(spread[:, None, None] * quantiles.by_group[seen])
            around = np.empty((*centre.shape, steps.shape[2]))
            _fill_around(values, steps, kind, transform.is_log, ceilings, around)
    return np.clip(values, 0.0, ceilings[:, None]), around


def error_spread(forecast: ModelForecast, residual_spread: Floats) -> Floats:
    """Return the scale that a model's errors are standardised by."""
    if forecast.transform.is_log:
        return residual_spread
    return np.sqrt(forecast.state["variance"])


def forecast_columns(values: Floats, quantiles: Floats) -> dict[str, Floats]:
    """Return forecasts as columns of a long frame, one series after the other.

    Parameters
    ----------
    values, quantiles
        Shape (series, horizon) and (series, horizon, 9).
    """
    around = quantiles.reshape(-1, len(QUANTILES)).T
    return {
        "forecast_value": values.ravel(),
        **dict(zip(QUANTILES, around, strict=True)),
    }
