"""Intervals of a panel: quantiles of its backtests' errors, else the model's own."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from python_jobs.forecasting.engine.conformal import (
    ErrorQuantiles,
    KnownErrors,
    error_quantiles,
    quantile_values,
)
from python_jobs.forecasting.engine.fleet import Booleans
from python_jobs.forecasting.engine.panel_told import Told
from python_jobs.forecasting.series import Floats

FEWEST_PATHS = 20
"""Backtests over all series below which errors do not make quantiles of their own."""

_WIDENING = (0.7, 4.0)
_CENTRAL = 0.8
_DEVIATE = 1.2816


@dataclass(frozen=True)
class PastErrors:
    """A model's backtests of one group.

    Attributes
    ----------
    told
        By origin.
    actuals
        What came, each of shape (series, horizon).
    is_special
        Steps with intervals of their own, each of shape (series, horizon).
    """

    told: Sequence[Told]
    actuals: Sequence[Floats]
    is_special: Sequence[Booleans]


@dataclass(frozen=True)
class Widths:
    """What the errors of a metric say of the intervals ahead.

    Attributes
    ----------
    quantiles
        Of standardised errors; without any the model's own spread is used.
    widening
        By what that is multiplied.
    """

    quantiles: ErrorQuantiles
    widening: float


def widths(past: Iterable[PastErrors]) -> Widths:
    """Pool the errors of the groups of one metric."""
    known: list[KnownErrors] = []
    ratios: list[Floats] = []
    paths = 0
    for group in past:
        for told, actual, special in zip(
            group.told, group.actuals, group.is_special, strict=True
        ):
            error = told.scale.forward(actual) - told.centre
            rows = told.is_valid & np.isfinite(error).any(axis=1)
            error = error[rows]
            paths += len(error)
            known.append(KnownErrors(error / told.spread[rows][:, None], special[rows]))
            ratios.append((np.abs(error) / told.sd[rows]).ravel())
    if paths >= FEWEST_PATHS:
        horizons = [each.values.shape[1] for each in known]
        found = error_quantiles(known, horizons)
        if found.by_band:
            return Widths(found, 1.0)
    flat = np.concatenate(ratios) if ratios else np.zeros(0)
    flat = flat[np.isfinite(flat)]
    if not len(flat):
        return Widths(ErrorQuantiles({}, {}), 1.0)
    widening = float(np.quantile(flat, _CENTRAL)) / _DEVIATE
    return Widths(ErrorQuantiles({}, {}), float(np.clip(widening, *_WIDENING)))


def quantiles_ahead(told: Told, *, widths: Widths, is_special: Booleans) -> Floats:
    """Return quantiles in the unit of the series, shape (series, horizon, 9)."""
    told = replace(told, sd=told.sd * widths.widening)
    around = quantile_values(
        told.centre,
        spread=told.spread,
        sd=told.sd,
        is_eoq=is_special,
        quantiles=widths.quantiles,
    )
    return told.scale.back(around)
