"""Backtests of a panel, and the forecast combination selected for each series.

Every series has its live origin at its own newest step, and backtests a horizon apart.
Source of the mean: Bates and Granger (1969), The Combination of Forecasts; weights fall
with the error relative to the seasonal naive. A series has few backtests, so its own
errors are shrunk towards those of its metric in the panel.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from python_jobs.forecasting.core.arrays import (
    Booleans,
    Floats,
    Integers,
    Strings,
    Transform,
)
from python_jobs.forecasting.models import combination
from python_jobs.forecasting.panel.models import MEAN, POOLED_ORIGINS, Panel, Prediction
from python_jobs.forecasting.panel.series import PanelSeries

SHARPNESS = 4.0
"""Power by which a weight falls with the relative error."""

LARGEST_MEMBERS = 5
"""Models that a mean has at most."""

_SMALLEST_ERROR = 0.05
"""Share of the naive's usual error below which two errors are alike."""

_WHOLE_WEIGHT = 0.999
_SMALLEST = 1e-300


@dataclass(frozen=True)
class Group:
    """Series of one metric that end at the same step.

    Attributes
    ----------
    positions
        In the panel.
    step
        Newest step, since 1970-01-01.
    metric
        Of all of them.
    """

    positions: Integers
    step: int
    metric: str


@dataclass(frozen=True)
class OriginPredictions:
    """Predictions of a group at one origin, and the actuals that followed.

    Attributes
    ----------
    by_model
        Predictions of each model.
    actuals
        NaN for nothing and at the live origin, shape (series, horizon).
    is_eoq_window
        Steps ahead in an EOQ window, shape (series, horizon).
    """

    by_model: dict[str, Prediction]
    actuals: Floats
    is_eoq_window: Booleans


@dataclass(frozen=True)
class Selection:
    """The selected forecasts of a group of series.

    Attributes
    ----------
    predictions
        By origin, the live one first.
    labels
        Name of the model of each series.
    """

    predictions: Sequence[Prediction]
    labels: Strings


def groups(series: PanelSeries) -> Iterator[Group]:
    """Yield the groups of a panel, without series that have no value at all."""
    by_key: dict[tuple[int, str], list[int]] = {}
    for position in np.flatnonzero(series.lengths > 0):
        key = (int(series.newest_steps[position]), str(series.metrics[position]))
        by_key.setdefault(key, []).append(int(position))
    for step, metric in sorted(by_key):
        yield Group(np.array(by_key[step, metric], dtype=np.int64), step, metric)


def at_origins(
    panel: Panel, names: Sequence[str], group: Group, *, most: int
) -> list[OriginPredictions]:
    """Return predictions at the live origin, then back by a horizon each.

    Parameters
    ----------
    panel, names, group
        Which models and series.
    most
        Backtests at most; the longest history of the group may allow fewer.
    """
    longest = int(panel.series.lengths[group.positions].max())
    origins = min(most, (longest - panel.shortest) // panel.horizon)
    steps = (
        group.step - number * panel.horizon for number in range(max(0, origins) + 1)
    )
    return [
        OriginPredictions(
            by_model=panel.predict(names, group.positions, step=step),
            actuals=panel.series.actuals(
                group.positions, origins=step, steps=panel.horizon
            ),
            is_eoq_window=panel.is_eoq_window(group.positions, step=step),
        )
        for step in steps
    ]


def only(name: str, past: Sequence[OriginPredictions]) -> Selection:
    """Return one model as the selection of every series of a group."""
    labels = np.full(len(past[0].actuals), name, dtype=object)
    return Selection([each.by_model[name] for each in past], labels)


def best_means(
    names: Sequence[str],
    past: Sequence[Sequence[OriginPredictions]],
    *,
    naive: str,
) -> list[Selection]:
    """Return the weighted mean of each series' best models, by group.

    Parameters
    ----------
    names
        Models to choose from.
    past
        Their predictions of each group of one metric, by origin.
    naive
        Model that errors are measured by.
    """
    parts = [
        relative_errors({name: _mean_errors(at, name) for name in names}, naive=naive)
        for at in past
    ]
    means = np.concatenate([each[0] for each in parts], axis=1)
    scores = pooled_errors(means, np.concatenate([each[1] for each in parts], axis=1))
    selected, first = [], 0
    for at, (_, counts) in zip(past, parts, strict=True):
        own = scores[:, first : first + counts.shape[1]]
        first += counts.shape[1]
        is_eligible = np.array([at[0].by_model[name].is_valid for name in names])
        is_eligible &= counts >= counts.max(axis=0) / 2.0
        weights = member_weights(own, is_eligible=is_eligible)
        means_at = [
            weighted_mean([each.by_model[name] for name in names], weights)
            for each in at
        ]
        best = np.array(names, dtype=object)[weights.argmax(axis=0)]
        is_alone = weights.max(axis=0) > _WHOLE_WEIGHT
        selected.append(Selection(means_at, np.where(is_alone, best, MEAN)))
    return selected


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
    """Shrink each series' errors towards those of all, shape (models, series)."""
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


def weighted_mean(members: Sequence[Prediction], weights: Floats) -> Prediction:
    """Return the weighted mean of predictions, on the scale of the weightiest.

    Parameters
    ----------
    members
        By model.
    weights
        Shape (models, series).
    """
    values = combination.weighted_mean((each.values for each in members), weights)
    spreads, sds = np.full(len(values), np.nan), np.full(values.shape, np.nan)
    top = np.argsort(weights, axis=0, kind="stable")[-1]
    for position in np.unique(top):
        rows = top == position
        spreads[rows] = members[position].spread[rows]
        sds[rows] = members[position].sd[rows]
    transform = _picked([each.transform for each in members], top)
    spreads = np.where(np.isfinite(values[:, 0]), spreads, np.nan)
    return Prediction(transform.forward(values), sds, spreads, transform)


def _picked(transforms: Sequence[Transform], which: Integers) -> Transform:
    """Return the transform of each series from the model that was picked for it."""
    rows = np.arange(len(which))
    return Transform(
        *(
            np.array([getattr(each, name) for each in transforms])[which, rows]
            for name in ("is_log", "middle", "width", "floor")
        )
    )


def _mean_errors(past: Sequence[OriginPredictions], name: str) -> Floats:
    """Return a model's mean absolute error by backtest, shape (origins, series)."""
    rows = []
    for each in past[1:]:
        is_known = np.isfinite(each.actuals)
        error = np.abs(each.actuals - each.by_model[name].values)
        counts = is_known.sum(axis=1)
        sums = np.where(is_known, error, 0.0).sum(axis=1)
        rows.append(np.where(counts > 0, sums / np.maximum(counts, 1), np.nan))
    return np.array(rows, dtype=np.float64).reshape(-1, len(past[0].actuals))
