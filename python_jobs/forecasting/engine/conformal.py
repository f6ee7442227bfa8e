"""Intervals from the errors of backtests: conformal prediction, quarter ends apart.

Source: Vovk, Gammerman and Shafer (2005), Algorithmic Learning in a Random World, split
conformal prediction; here standardised by each series' own spread and pooled over a
metric, so that a forecast of origin k uses only errors of older origins on days that
origin k knows.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

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

    def table(self, horizon_days: int) -> Floats:
        """Return the quantiles by EOQ flag and day ahead, shape (2, horizon, 9).

        A band without enough errors borrows from the nearest shorter one, then the
        nearest longer one, then from the other flag; without any it is NaN.
        """
        rows = np.full((2, horizon_days, len(_PROBABILITIES)), np.nan)
        bands = np.searchsorted(BANDS, np.arange(1, horizon_days + 1))
        for flag in (False, True):
            for position in np.unique(bands):
                band = BANDS[min(position, len(BANDS) - 1)]
                found = self._nearest(flag, band)
                if found is not None:
                    rows[int(flag), bands == position] = found
        return rows

    def _nearest(self, flag: bool, band: int) -> Floats | None:
        ranked = sorted(
            self.by_band,
            key=lambda key: (
                key[0] != flag,
                band - key[1] if band >= key[1] else 1000 + key[1],
            ),
        )
        return self.by_band[ranked[0]] if ranked else None


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
    table = quantiles.table(centre.shape[1])
    if not quantiles.by_band:
        normal: Floats = centre[:, :, None] + sd[:, :, None] * _DEVIATES
        return normal
    days = np.arange(centre.shape[1])
    steps: Floats = table[is_eoq.astype(np.int64), days]
    steps *= spread[:, None, None]
    steps += centre[:, :, None]
    return steps
