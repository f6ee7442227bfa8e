"""Intervals from the errors of backtests: conformal prediction, quarter ends apart.

Source: Vovk, Gammerman and Shafer (2005), Algorithmic Learning in a Random World, split
conformal prediction; here standardised by each series' own spread and pooled over a
metric, so that a forecast of origin k uses only errors of older origins on days that
origin k knows.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from python_jobs.forecasting.forecasts import QUANTILES
from python_jobs.forecasting.series import Floats

BANDS = (10, 30, 60, 91, 182, 273, 400)
"""Days ahead that end a band of the horizon: the error grows from one to the next."""

FEWEST_ERRORS = 100
"""Errors that a band needs for quantiles of its own."""

_PROBABILITIES = np.array(list(QUANTILES.values()))
_DEVIATES = ndtri(_PROBABILITIES)

BandKey = tuple[bool, int]


@dataclass(frozen=True)
class KnownErrors:
    """Standardised errors of one model and metric at one backtest origin.

    Attributes
    ----------
    values
        Actual less centre over spread, NaN where nothing was measured, shape (series,
        days).
    is_eoq
        Shape (series, days).
    """

    values: Floats
    is_eoq: NDArray[np.bool_]


@dataclass(frozen=True)
class ErrorQuantiles:
    """Quantiles of standardised errors, by EOQ flag and band.

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
    def by_kind(self) -> Floats:
        """Quantiles by kind of day, see `kinds`, shape (kinds, 9).

        A band without enough errors borrows from the nearest shorter one, then the
        nearest longer one, then from the other flag; without any it is NaN.
        """
        rows = [self._nearest(flag, band) for flag in (False, True) for band in BANDS]
        nothing = np.full(len(_PROBABILITIES), np.nan)
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
"""Of a model without a backtest."""


def kinds(is_eoq: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the kind of each day ahead: its EOQ flag and its band.

    Parameters
    ----------
    is_eoq
        Shape (…, horizon); so is what is returned, a position in `by_kind`.
    """
    bands = np.searchsorted(BANDS, np.arange(1, is_eoq.shape[-1] + 1))
    found: NDArray[np.int64] = np.minimum(bands, len(BANDS) - 1) + is_eoq * len(BANDS)
    return found


def error_quantiles(
    errors: Iterable[KnownErrors], known_days: Iterable[int]
) -> ErrorQuantiles:
    """Pool the errors of older origins, each up to the days that are known.

    Parameters
    ----------
    errors
        By older origin.
    known_days
        Days ahead of each that are known at the newer origin.

    Returns
    -------
    ErrorQuantiles
        Nearest rank: the smallest error that so large a share does not exceed.
    """
    by_band: dict[BandKey, Floats] = {}
    counts: dict[BandKey, int] = {}
    pooled: dict[BandKey, list[Floats]] = {}
    for each, days in zip(errors, known_days, strict=True):
        first = 0
        for band in BANDS:
            span = slice(first, min(band, days))
            values, flags = each.values[:, span], each.is_eoq[:, span]
            for flag in (False, True):
                chosen = values[(flags == flag) & np.isfinite(values)]
                pooled.setdefault((flag, band), []).append(chosen)
            first = band
    for key, parts in pooled.items():
        values = np.sort(np.concatenate(parts))
        if len(values) >= FEWEST_ERRORS:
            ranks = np.ceil(len(values) * _PROBABILITIES - 1e-9).astype(np.int64)
            by_band[key] = values[np.maximum(ranks, 1) - 1]
            counts[key] = len(values)
    return ErrorQuantiles(by_band=by_band, counts=counts)


def normal_quantiles(centre: Floats, sd: Floats) -> Floats:
    """Return the quantiles of normal distributions, shape (series, horizon, 9)."""
    return centre[:, :, None] + sd[:, :, None] * _DEVIATES


def quantile_values(
    centre: Floats,
    *,
    spread: Floats,
    sd: Floats,
    is_eoq: NDArray[np.bool_],
    quantiles: ErrorQuantiles,
) -> Floats:
    """Return the quantiles of the days ahead on the model's scale.

    Parameters
    ----------
    centre, sd
        Of the model, shape (series, horizon).
    spread
        What errors are standardised by, shape (series,).
    is_eoq
        Shape (series, horizon).
    quantiles
        Without any the model's own normal distribution stands in.

    Returns
    -------
    numpy.ndarray
        Shape (series, horizon, 9), never crossing.
    """
    if not quantiles.by_band:
        return normal_quantiles(centre, sd)
    steps: Floats = quantiles.by_kind[kinds(is_eoq)]
    steps *= spread[:, None, None]
    steps += centre[:, :, None]
    return steps
