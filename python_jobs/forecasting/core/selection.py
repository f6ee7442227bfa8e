"""Selection of the champion of a metric: the one-standard-error rule, as in SQL.

Source: Breiman, Friedman, Olshen and Stone (1984), Classification and Regression Trees,
section 3.4.3, on scaled errors over series.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from python_jobs.calendars.forecast_design import CANDIDATE_COVERAGE
from python_jobs.forecasting.config import Candidate
from python_jobs.forecasting.core.arrays import Floats

NAIVE = "seasonal_naive_7"


@dataclass(frozen=True)
class Scores:
    """Scaled backtest errors of one model and metric.

    Attributes
    ----------
    absolute_errors
        Scaled by the series' mean change from week to week and summed, shape (origins,
        series), the newest origin first.
    day_counts
        Days that were scored, same shape; 0: no forecast.
    """

    absolute_errors: Floats
    day_counts: Floats


def scaled_errors(scores: Mapping[str, Scores]) -> dict[str, Floats]:
    """Return each model's mean scaled error by series on the common pairs.

    Parameters
    ----------
    scores
        By model; one that reaches less than `CANDIDATE_COVERAGE` of the series that the
        widest reaches, at its newest origin, is left out.

    Returns
    -------
    dict
        By model, shape (series with a shared pair,).
    """
    reached = {name: (each.day_counts[0] > 0.0).sum() for name, each in scores.items()}
    widest = max(reached.values(), default=0)
    eligible = [
        name
        for name, count in reached.items()
        if count and count >= CANDIDATE_COVERAGE * widest
    ]
    if not eligible:
        return {}
    is_shared = np.logical_and.reduce(
        [
            (scores[name].day_counts > 0.0) & np.isfinite(scores[name].absolute_errors)
            for name in eligible
        ]
    )
    days = np.where(is_shared, scores[eligible[0]].day_counts, 0.0).sum(axis=0)
    has_pair = days > 0.0
    return {
        name: np.where(is_shared, scores[name].absolute_errors, 0.0).sum(axis=0)[
            has_pair
        ]
        / days[has_pair]
        for name in eligible
    }


def champion(
    scores: Mapping[str, Scores], *, candidates: Sequence[Candidate]
) -> Candidate | None:
    """Select the champion by the one-standard-error rule.

    Parameters
    ----------
    scores
        By model.
    candidates
        Models to select from, the simplest first.

    Returns
    -------
    str or None
        None when no candidate has an error.
    """
    errors = scaled_errors({name: scores[name] for name in candidates})
    means = {name: round(float(each.mean()), 9) for name, each in errors.items()}
    means = {name: mean for name, mean in means.items() if np.isfinite(mean)}
    if not means:
        return None
    best = min(means, key=lambda name: means[name])
    for name in candidates:
        if name not in means:
            continue
        excess = errors[name] - errors[best]
        error = excess.std(ddof=1) / np.sqrt(len(excess)) if len(excess) > 1 else 0.0
        if round(float(excess.mean()), 9) <= round(float(error), 9):
            return name
    return None


def beats_naive(
    scores: Mapping[str, Scores], *, candidates: Sequence[Candidate]
) -> bool:
    """Return whether any candidate beats the seasonal naive in mean scaled error."""
    errors = scaled_errors({name: scores[name] for name in (*candidates, NAIVE)})
    naive = errors.pop(NAIVE, None)
    if naive is None or not errors:
        return bool(errors)
    return bool(min(each.mean() for each in errors.values()) < naive.mean())
