"""Intervals of a panel: conformal quantiles of backtest errors, else the model's own.

A series unlike the others of its metric is badly described by their errors, and a few
backtests of its own tell little. Which of the two to believe is asked of the backtests:
each is held against the quantiles of the others (leave one out, by the pinball loss),
and the answer of a series is shrunk towards that of all.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from python_jobs.calendars.forecast_design import QUANTILES
from python_jobs.forecasting.core.arrays import (
    PROBABILITIES,
    Booleans,
    Floats,
    Integers,
)
from python_jobs.forecasting.core.intervals import (
    NO_QUANTILES,
    ErrorQuantiles,
    OriginErrors,
    calibration_groups,
    error_quantiles,
    nearest_ranks,
    normal_quantiles,
)
from python_jobs.forecasting.core.series import blocks
from python_jobs.forecasting.panel.models import POOLED_ORIGINS, Prediction

FEWEST_PATHS = 20
"""Backtests over all series below which errors do not make quantiles of their own."""

_WIDENING = (0.7, 4.0)
_CENTRAL = 0.8
_DEVIATE = 1.2816

SHARES = (0.0, 0.5, 1.0)
"""Weights of a series' own quantiles that are tried."""

PRIOR_BACKTESTS = 2.0
"""Backtests that the metric's quantiles count as, beside a series' own."""

FEWEST_OWN_ERRORS = 24

_NARROWEST = 0.1
_SMALLEST_LOSS = 0.02
_TINY = 1e-12
_LOW, _HIGH = (list(QUANTILES).index(f"forecast_q{level}") for level in (10, 90))


@dataclass(frozen=True)
class OwnQuantiles:
    """Empirical quantiles of each series' own errors, and their weights.

    Attributes
    ----------
    values
        Of standardised errors over the breadth of their calibration group, shape
        (series, 9).
    weights
        Between 0 and 1, shape (series,). A group without a backtest has one row of 0.
    """

    values: Floats
    weights: Floats

    def beside(self, pooled: ErrorQuantiles, is_eoq_window: Booleans) -> Floats:
        """Shrink towards the pooled quantiles of the metric, (series, horizon, 9)."""
        kind = calibration_groups(is_eoq_window)
        steps: Floats = pooled.by_group[kind]
        own = self.values[:, None, :] * breadths(pooled)[kind][:, :, None]
        steps += self.weights[:, None, None] * (own - steps)
        return steps


def breadths(pooled: ErrorQuantiles) -> Floats:
    """Return the width of the central 80 percent of each calibration group."""
    found: Floats = pooled.by_group[:, _HIGH] - pooled.by_group[:, _LOW]
    return np.maximum(found, _NARROWEST * found.max() or 1.0)


def own_quantiles(
    errors: Sequence[Sequence[Floats]],
    is_eoq_window: Sequence[Sequence[Booleans]],
    *,
    pooled: ErrorQuantiles,
) -> list[OwnQuantiles]:
    """Estimate the own quantiles of the series of every group of a metric.

    Parameters
    ----------
    errors
        Standardised, by group and backtest, each of shape (series, horizon).
    is_eoq_window
        Steps in an EOQ window, of the same shapes.
    pooled
        Quantiles of the metric, of at least one calibration group.
    """
    parts = [
        _of_group(np.array(of_group), np.array(flags), pooled=pooled)
        for of_group, flags in zip(errors, is_eoq_window, strict=True)
    ]
    losses = np.concatenate([part[0] for part in parts], axis=1)
    counts = np.concatenate([part[1] for part in parts])
    shares = _best_shares(losses, counts)
    found, first = [], 0
    for _, of_group, values, backtests in parts:
        own = shares[first : first + len(of_group)]
        first += len(of_group)
        weights = own * backtests / (backtests + PRIOR_BACKTESTS)
        found.append(OwnQuantiles(values, weights))
    return found


def _best_shares(losses: Floats, counts: Floats) -> Floats:
    """Select the share of least loss of each series, shrunk towards all.

    Parameters
    ----------
    losses
        Sum over backtests of the log loss relative to that of share 0, shape (shares,
        series).
    counts
        Backtests that they come from.
    """
    is_known = counts > 0
    if not is_known.any():
        return np.zeros(len(counts))
    mean = (losses[:, is_known] / counts[is_known]).mean(axis=1)
    shrunk = (losses + POOLED_ORIGINS * mean[:, None]) / (counts + POOLED_ORIGINS)
    best: Floats = np.array(SHARES)[shrunk.argmin(axis=0)]
    return best


def _of_group(
    errors: Floats, is_eoq_window: Booleans, *, pooled: ErrorQuantiles
) -> tuple[Floats, Floats, Floats, Floats]:
    """Return losses by share, their counts, own quantiles and backtests by series.

    Parameters
    ----------
    errors, is_eoq_window
        Of one group, shape (backtests, series, horizon).
    pooled
        Quantiles of the metric.
    """
    series = errors.shape[1] if len(errors) else 1
    losses, counts = np.zeros((len(SHARES), series)), np.zeros(series)
    values, backtests = np.zeros((series, len(PROBABILITIES))), np.zeros(series)
    for rows in blocks(np.arange(series)) if len(errors) else ():
        kind = calibration_groups(is_eoq_window[:, rows])
        scaled = errors[:, rows] / breadths(pooled)[kind]
        losses[:, rows], counts[rows] = _left_out(scaled, kind, pooled=pooled)
        values[rows], is_enough = _quantiles(scaled)
        backtests[rows] = is_enough * np.isfinite(scaled).any(axis=2).sum(axis=0)
    return losses, counts, values, backtests


def _left_out(
    scaled: Floats, kind: Integers, *, pooled: ErrorQuantiles
) -> tuple[Floats, Floats]:
    """Cross-validate shares by leaving out one backtest each; return losses, counts."""
    breadth = breadths(pooled)
    quantiles = (pooled.by_group / breadth[:, None])[kind]
    is_known = np.isfinite(scaled).sum(axis=2) > 0
    losses = np.zeros((len(SHARES), scaled.shape[1]))
    counts = np.zeros(scaled.shape[1])
    for out in range(len(scaled)):
        own, is_enough = _quantiles(np.delete(scaled, out, axis=0))
        others = is_known.sum(axis=0) - is_known[out]
        rows = is_enough & is_known[out]
        trust = others / (others + PRIOR_BACKTESTS)
        each = np.array(
            [
                _pinball(scaled[out], quantiles[out], own, breadth[kind[out]], weight)
                for weight in (share * trust for share in SHARES)
            ]
        )
        floor = _SMALLEST_LOSS * each[0] + _TINY
        losses += np.where(rows, np.log((each + floor) / (each[0] + floor)), 0.0)
        counts += rows
    return losses, counts


def _pinball(
    errors: Floats, pooled: Floats, own: Floats, breadth: Floats, weight: Floats
) -> Floats:
    """Return the mean pinball loss of quantiles between pooled and own, (series,)."""
    total = np.zeros(errors.shape)
    for place, level in enumerate(PROBABILITIES):
        quantile = pooled[:, :, place]
        quantile = quantile + weight[:, None] * (own[:, place, None] - quantile)
        beyond = errors - quantile
        total += np.maximum(level * beyond, (level - 1.0) * beyond)
    is_known = np.isfinite(total)
    sums = np.where(is_known, total * breadth, 0.0).sum(axis=1)
    means: Floats = sums / np.maximum(is_known.sum(axis=1), 1)
    return means


def _quantiles(scaled: Floats) -> tuple[Floats, Booleans]:
    """Return quantiles by series, 0 with too few errors, and where there are enough.

    Parameters
    ----------
    scaled
        Shape (backtests, series, horizon), NaN for what is not known.
    """
    series = scaled.shape[1]
    found = np.zeros((series, len(PROBABILITIES)))
    ordered = np.sort(np.moveaxis(scaled, 1, 0).reshape(series, -1), axis=1)
    counts = np.isfinite(ordered).sum(axis=1)
    is_enough = counts >= FEWEST_OWN_ERRORS
    rows = np.flatnonzero(is_enough)
    found[rows] = ordered[rows[:, None], nearest_ranks(counts[rows])]
    return found, is_enough


@dataclass(frozen=True)
class PastErrors:
    """Backtest predictions and actuals of a model and group, by origin.

    Attributes
    ----------
    predictions
        Of the model.
    actuals, is_eoq_window
        Actuals, and steps in an EOQ window, each of shape (series, horizon).
    """

    predictions: Sequence[Prediction]
    actuals: Sequence[Floats]
    is_eoq_window: Sequence[Booleans]

    @property
    def standardised(self) -> list[Floats]:
        """Standardised errors, NaN without an actual, each (series, horizon)."""
        return [
            each.errors(actuals) / each.spread[:, None]
            for each, actuals in zip(self.predictions, self.actuals, strict=True)
        ]


@dataclass(frozen=True)
class Calibration:
    """Calibration set of a metric's intervals: pooled and own error quantiles.

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


def calibration(past: Sequence[PastErrors]) -> Calibration:
    """Pool the errors of the groups of one metric."""
    known: list[OriginErrors] = []
    ratios: list[Floats] = []
    paths = 0
    for group in past:
        for each, actuals, is_eoq_window in zip(
            group.predictions, group.actuals, group.is_eoq_window, strict=True
        ):
            error = each.errors(actuals)
            rows = each.is_valid & np.isfinite(error).any(axis=1)
            error = error[rows]
            paths += len(error)
            known.append(
                OriginErrors(error / each.spread[rows][:, None], is_eoq_window[rows])
            )
            ratios.append((np.abs(error) / each.sd[rows]).ravel())
    if paths >= FEWEST_PATHS:
        horizons = [each.values.shape[1] for each in known]
        found = error_quantiles(known, horizons)
        if found.by_band:
            own = own_quantiles(
                [group.standardised for group in past],
                [group.is_eoq_window for group in past],
                pooled=found,
            )
            return Calibration(found, 1.0, own)
    flat = np.concatenate(ratios) if ratios else np.zeros(0)
    flat = flat[np.isfinite(flat)]
    widening = 1.0
    if len(flat):
        ratio = float(np.quantile(flat, _CENTRAL)) / _DEVIATE
        widening = float(np.clip(ratio, *_WIDENING))
    return Calibration(NO_QUANTILES, widening, ())


def quantiles_ahead(
    live: Prediction, *, calibration: Calibration, number: int, is_eoq_window: Booleans
) -> Floats:
    """Return quantiles in the unit of the series, shape (series, horizon, 9).

    Parameters
    ----------
    live
        Prediction of a group.
    calibration, number
        Of the metric, and which of its groups it is.
    is_eoq_window
        Steps ahead in an EOQ window, shape (series, horizon).
    """
    if not calibration.quantiles.by_band:
        around = normal_quantiles(live.centre, live.sd * calibration.widening)
        return live.transform.back(around)
    steps = calibration.own[number].beside(calibration.quantiles, is_eoq_window)
    steps *= live.spread[:, None, None]
    steps += live.centre[:, :, None]
    return live.transform.back(steps)
