"""What a panel's backtests choose: a weighted mean of the best models of each series.

Source: Bates and Granger (1969), The Combination of Forecasts; weights fall with the
error relative to the seasonal naive. A series has few backtests, so its own errors are
pulled towards those of its metric in the panel.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from python_jobs.forecasting.engine.fleet import Strings
from python_jobs.forecasting.engine.panel_backtests import OriginTold
from python_jobs.forecasting.engine.panel_candidates import MEAN
from python_jobs.forecasting.engine.panel_scales import Scale
from python_jobs.forecasting.engine.panel_told import Told
from python_jobs.forecasting.series import Floats

POOLED_ORIGINS = 4.0
"""Backtests that the panel's mean error counts as, beside a series' own."""

SHARPNESS = 4.0
"""Power by which a weight falls with the relative error."""

LARGEST_MEMBERS = 5
"""Models that a mean has at most."""

_SMALLEST_ERROR = 0.05
"""Share of the naive's usual error below which two errors are alike."""

_WHOLE_WEIGHT = 0.999
_SMALLEST = 1e-300


@dataclass(frozen=True)
class Chosen:
    """What was chosen for a group of series.

    Attributes
    ----------
    told
        By origin, the live one first.
    labels
        Name of the model of each series.
    """

    told: Sequence[Told]
    labels: Strings


def the_named(name: str, known: Sequence[OriginTold]) -> Chosen:
    """Return one model as the choice of every series of a group."""
    count = len(known[0].actual)
    return Chosen(
        [each.told[name] for each in known], np.full(count, name, dtype=object)
    )


def best_means(
    names: Sequence[str], known: Sequence[Sequence[OriginTold]], *, naive: str
) -> list[Chosen]:
    """Return the weighted mean of each series' best models, by group.

    Parameters
    ----------
    names
        Models to choose from.
    known
        What they said of each group of one metric, by origin.
    naive
        Model that errors are measured by.
    """
    parts = [
        relative_errors({name: group_errors(at, name) for name in names}, naive=naive)
        for at in known
    ]
    means = np.concatenate([each[0] for each in parts], axis=1)
    scores = pooled_errors(means, np.concatenate([each[1] for each in parts], axis=1))
    chosen, first = [], 0
    for at, (_, counts) in zip(known, parts, strict=True):
        own = scores[:, first : first + counts.shape[1]]
        first += counts.shape[1]
        is_eligible = np.array([at[0].told[name].is_valid for name in names])
        is_eligible &= counts >= counts.max(axis=0) / 2.0
        weights = member_weights(own, is_eligible=is_eligible)
        told = [weighted_mean(each.told, names, weights) for each in at]
        best = np.array(names, dtype=object)[weights.argmax(axis=0)]
        is_alone = weights.max(axis=0) > _WHOLE_WEIGHT
        chosen.append(Chosen(told, np.where(is_alone, best, MEAN)))
    return chosen


def relative_errors(
    errors: Mapping[str, Floats], *, naive: str
) -> tuple[Floats, Floats]:
    """Return log error relative to the naive and how many backtests it comes from.

    Parameters
    ----------
    errors
        By model, shape (origins, series).
    naive
        Model that is the measure.

    Returns
    -------
    tuple
        Each of shape (models, series), the first 0 without a backtest.
    """
    floor = _SMALLEST_ERROR * _typical(errors[naive]) + _SMALLEST
    base = np.log(errors[naive] + floor)
    means, counts = [], []
    for each in errors.values():
        ratio = np.log(each + floor) - base
        is_known = np.isfinite(ratio)
        count = is_known.sum(axis=0)
        total = np.where(is_known, ratio, 0.0).sum(axis=0)
        means.append(total / np.maximum(count, 1))
        counts.append(count)
    return np.array(means), np.array(counts, dtype=np.float64)


def _typical(errors: Floats) -> Floats:
    """Return the median of each series' errors, 0 without any, shape (series,)."""
    is_known = np.isfinite(errors).any(axis=0)
    middle = np.zeros(errors.shape[1])
    known = np.where(np.isfinite(errors), errors, np.nan)[:, is_known]
    if known.size:
        middle[is_known] = np.nanmedian(known, axis=0)
    return middle


def pooled_errors(means: Floats, counts: Floats) -> Floats:
    """Pull each series' errors towards those of all, shape (models, series)."""
    is_known = counts > 0
    pooled = np.where(is_known, means, 0.0).sum(axis=1) / np.maximum(
        is_known.sum(axis=1), 1
    )
    mass = counts + POOLED_ORIGINS
    shrunk: Floats = (means * counts + POOLED_ORIGINS * pooled[:, None]) / mass
    return shrunk


def member_weights(scores: Floats, *, is_eligible: Floats) -> Floats:
    """Return weights that sum to one over the best models, shape (models, series).

    A series without an eligible model has weights of 0.
    """
    ranked = np.where(is_eligible, scores, np.inf)
    kept = min(LARGEST_MEMBERS, len(ranked))
    limit = np.sort(ranked, axis=0)[kept - 1]
    is_member = np.isfinite(ranked) & (ranked <= limit)
    best = ranked.min(axis=0)
    with np.errstate(invalid="ignore"):
        weights = np.where(is_member, np.exp(-SHARPNESS * (ranked - best)), 0.0)
    total = weights.sum(axis=0)
    shares: Floats = weights / np.where(total > 0.0, total, 1.0)
    return shares


def weighted_mean(
    told: Mapping[str, Told], names: Sequence[str], weights: Floats
) -> Told:
    """Return the mean of what models said, on the scale of the one that weighs most.

    Parameters
    ----------
    told
        By model.
    names, weights
        Models and their weights, shape (models, series).
    """
    shape = told[names[0]].centre.shape
    total, mass = np.zeros(shape), np.zeros(shape)
    spreads, sds = np.full(shape[0], np.nan), np.full(shape, np.nan)
    scales = {name: told[name].scale for name in names}
    order = np.argsort(weights, axis=0, kind="stable")
    scale = _picked([scales[name] for name in names], order[-1])
    for position in np.unique(order[-1]):
        rows = order[-1] == position
        top = told[names[position]]
        spreads[rows], sds[rows] = top.spread[rows], top.sd[rows]
    for name, weight in zip(names, weights, strict=True):
        values = told[name].values
        own = np.where(np.isfinite(values), weight[:, None], 0.0)
        total += np.where(own > 0.0, values, 0.0) * own
        mass += own
    with np.errstate(invalid="ignore", divide="ignore"):
        centre = scale.forward(total / mass)
    return Told(centre, sds, np.where(mass[:, 0] > 0.0, spreads, np.nan), scale)


def group_errors(origins: Sequence[OriginTold], name: str) -> Floats:
    """Return a model's mean absolute error by backtest, shape (origins, series)."""
    rows = []
    for each in origins[1:]:
        is_known = np.isfinite(each.actual)
        error = np.abs(each.actual - each.told[name].values)
        counts = is_known.sum(axis=1)
        sums = np.where(is_known, error, 0.0).sum(axis=1)
        rows.append(np.where(counts > 0, sums / np.maximum(counts, 1), np.nan))
    count = len(origins[0].actual)
    return np.array(rows, dtype=np.float64).reshape(-1, count)


def _picked(scales: Sequence[Scale], which: Floats) -> Scale:
    """Return the scale of each series from the model that was picked for it."""
    rows = np.arange(len(which))

    def picked(attributes: Iterable[Any]) -> Any:
        return np.array(list(attributes))[which, rows]

    return Scale(
        is_log=picked(each.is_log for each in scales),
        middle=picked(each.middle for each in scales),
        width=picked(each.width for each in scales),
        floor=picked(each.floor for each in scales),
    )
