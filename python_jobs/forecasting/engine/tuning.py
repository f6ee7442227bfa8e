"""What a backtest inside the known days chooses: annual waves, weights of levels."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from python_jobs.forecasting.engine.designs import HARMONICS, Designs
from python_jobs.forecasting.engine.filled_steps import carry_levels
from python_jobs.forecasting.engine.fleet import Fleet, Integers
from python_jobs.forecasting.engine.prior import (
    ALPHAS,
    DEFAULT_ALPHA,
    metric_prior,
    shrink,
    weighted_levels,
)
from python_jobs.forecasting.engine.regression import Block, fit_regression
from python_jobs.forecasting.series import Floats

CUTS = (91, 182)
"""Days before the origin at which the choices are tried on the 91 days that follow."""

AHEAD_DAYS = 91
SHORTEST_DAYS = 91
SHORTEST_FULL_DAYS = 364
"""A cut that leaves fewer days says nothing; of every term: less than a year."""


@dataclass(frozen=True)
class Sample:
    """Series of one calendar and window that speak for the fleet at an origin.

    Attributes
    ----------
    calendar_id, window_days
        Of all of them.
    by_metric
        Positions in the fleet.
    is_full
        Whether the window carries every term; its cuts then carry them as well.
    """

    calendar_id: str
    window_days: int
    by_metric: Mapping[str, Integers]
    is_full: bool


@dataclass(frozen=True)
class Choices:
    """Number of annual waves, and the weight of the level by metric."""

    harmonics: int
    alphas: Mapping[str, float]

    @classmethod
    def default(cls, metrics: Iterable[str] = ()) -> "Choices":
        """Return what is chosen where no day is left to try on."""
        return cls(HARMONICS[1], dict.fromkeys(metrics, DEFAULT_ALPHA))


def tuned(
    fleet: Fleet, sample: Sample, *, origin_day: int, designs: Designs, dtype: type
) -> Choices:
    """Return the choices with the least absolute log error at the cuts.

    Parameters
    ----------
    fleet, sample
        Series to try on.
    origin_day
        Last day that may be seen: every tried day lies before it.
    designs, dtype
        Terms by calendar; floats of the regression.
    """
    shortest = SHORTEST_FULL_DAYS if sample.is_full else SHORTEST_DAYS
    cuts = [cut for cut in CUTS if sample.window_days - cut >= shortest]
    if not cuts:
        return Choices.default(sample.by_metric)
    days = sample.window_days - max(cuts)
    errors: dict[str, Floats] = {
        metric: np.sum(
            [
                _errors(
                    *(fleet, sample, positions),
                    last_day=origin_day - cut,
                    days=days,
                    designs=designs,
                    dtype=dtype,
                )
                * len(positions)
                for cut in cuts
            ],
            axis=0,
        )
        for metric, positions in sample.by_metric.items()
    }
    least_by_wave = np.sum([each.min(axis=1) for each in errors.values()], axis=0)
    wave = int(np.argmin(least_by_wave.round(9)))
    alphas = {
        metric: ALPHAS[int(np.argmin(each[wave].round(9)))]
        for metric, each in errors.items()
    }
    return Choices(HARMONICS[wave], alphas)


def _errors(
    fleet: Fleet,
    sample: Sample,
    positions: Integers,
    *,
    last_day: int,
    days: int,
    designs: Designs,
    dtype: type,
) -> Floats:
    """Return the mean absolute log error by waves and alpha, shape (waves, alphas)."""
    usage, is_filled = fleet.gather(positions, last_day=last_day, days=days)
    floors = fleet.log_floors[positions][:, None]
    logs: Block = np.log(np.maximum(usage, floors)).astype(dtype)
    lived, _ = fleet.gather(positions, last_day=last_day + AHEAD_DAYS, days=AHEAD_DAYS)
    log_lived = np.log(np.maximum(lived, floors))
    ahead = designs.terms(sample.calendar_id, first_day=last_day + 1, days=AHEAD_DAYS).T
    rows: list[Sequence[float]] = []
    for harmonics in HARMONICS:
        design = designs.solved(
            sample.calendar_id,
            last_day=last_day,
            window_days=days,
            is_full=sample.is_full,
            harmonics=harmonics,
        )
        fit = fit_regression(logs, is_filled=is_filled, design=design)
        prior = metric_prior(fit, design=design, alpha=DEFAULT_ALPHA)
        coefficients, residuals = shrink(
            fit, design=design, shrinkage=prior.over(design)
        )
        carry_levels(residuals, is_filled)
        missed = log_lived - coefficients @ ahead
        rows.append(
            [
                float(
                    np.abs(missed - weighted_levels(residuals, alpha)[:, None]).mean()
                )
                for alpha in ALPHAS
            ]
        )
    return np.array(rows)
