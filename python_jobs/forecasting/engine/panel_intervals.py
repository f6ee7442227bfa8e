"""Intervals of a panel: quantiles of its backtests' errors, else the model's own."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from python_jobs.forecasting.engine.conformal import (
    ErrorQuantiles,
    KnownErrors,
    error_quantiles,
    normal_quantiles,
)
from python_jobs.forecasting.engine.fleet import Booleans
from python_jobs.forecasting.engine.panel_own_errors import OwnQuantiles, own_quantiles
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

    @property
    def standardised(self) -> list[Floats]:
        """Errors over the spread, NaN for nothing, each of shape (series, horizon)."""
        return [
            (told.scale.forward(actual) - told.centre) / told.spread[:, None]
            for told, actual in zip(self.told, self.actuals, strict=True)
        ]


@dataclass(frozen=True)
class Widths:
    """What the errors of a metric say of the intervals ahead.

    Attributes
    ----------
    quantiles
        Of standardised errors; without any the model's own spread is used.
    widening
        By what that is multiplied.
    own
        Of each series beside those of the metric, by group; without quantiles none.
    """

    quantiles: ErrorQuantiles
    widening: float
    own: Sequence[OwnQuantiles]


def widths(past: Sequence[PastErrors]) -> Widths:
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
            own = own_quantiles(
                [group.standardised for group in past],
                [group.is_special for group in past],
                pooled=found,
            )
            return Widths(found, 1.0, own)
    flat = np.concatenate(ratios) if ratios else np.zeros(0)
    flat = flat[np.isfinite(flat)]
    if not len(flat):
        return Widths(ErrorQuantiles({}, {}), 1.0, ())
    widening = float(np.quantile(flat, _CENTRAL)) / _DEVIATE
    return Widths(ErrorQuantiles({}, {}), float(np.clip(widening, *_WIDENING)), ())


def quantiles_ahead(
    told: Told, *, widths: Widths, number: int, is_special: Booleans
) -> Floats:
    """Return quantiles in the unit of the series, shape (series, horizon, 9).

    Parameters
    ----------
    told
        What the model says of a group.
    widths, number
        Of the metric, and which of its groups it is.
    is_special
        Steps with intervals of their own, shape (series, horizon).
    """
    if not widths.quantiles.by_band:
        around = normal_quantiles(told.centre, told.sd * widths.widening)
        return told.scale.back(around)
    steps = widths.own[number].beside(widths.quantiles, is_special)
    steps *= told.spread[:, None, None]
    steps += told.centre[:, :, None]
    return told.scale.back(steps)
