"""What a fleet says of one of its series: the prior of its coefficients, and its level.

Estimated per metric on the days that an origin knows, from a sample that does not
depend on how the fleet is cut into blocks; so any block, on any machine, gets the same
one.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from python_jobs.forecasting.engine.regression import (
    Block,
    RegressionFit,
    SharedDesign,
)
from python_jobs.forecasting.engine.shrinkage import Shrinkage
from python_jobs.forecasting.series import Floats

FEWEST_SERIES = 20
"""Series of a metric below which nothing is shrunk: their spread is not known."""

ALPHAS = (0.005, 0.01, 0.02, 0.05, 0.1)
DEFAULT_ALPHA = 0.05
"""Daily weights of an exponentially weighted level that backtests choose from."""

AUTOCORRELATION_FACTOR = 2.0
"""Variance of a coefficient over that of independent days. Backtests tell 1.5 to 2.4
hardly apart; 3, as for a mean, shrinks weekdays and quarter ends too far."""

_LEAST_SHARE = 0.1
_UNSHRUNK = np.inf


@dataclass(frozen=True)
class MetricPrior:
    """Prior of the coefficients of one metric, and the weight of its level.

    Attributes
    ----------
    middle, variance
        Of the coefficients, shape (terms,); the level is not shrunk.
    alpha
        Weight of the newest day in the exponentially weighted level.
    """

    middle: Floats
    variance: Floats
    alpha: float = DEFAULT_ALPHA

    @classmethod
    def flat(cls, terms: int) -> "MetricPrior":
        """Return the prior of a metric that nothing is known of: nothing is shrunk."""
        return cls(np.zeros(terms), np.full(terms, _UNSHRUNK))

    def over(self, design: SharedDesign) -> Shrinkage:
        """Prepare the prior for a design."""
        return Shrinkage.of(design, middle=self.middle, variance=self.variance)


Prior = Mapping[str, MetricPrior]


def metric_prior(
    fit: RegressionFit, *, design: SharedDesign, alpha: float
) -> MetricPrior:
    """Return median and between-series variance of the coefficients of a metric.

    The between-series variance is the robust variance of the coefficients less their
    sampling variance; never under a tenth of the former.
    """
    coefficients = fit.coefficients
    middle = np.median(coefficients, axis=0)
    if len(coefficients) < FEWEST_SERIES:
        return MetricPrior(middle, np.full(len(middle), _UNSHRUNK), alpha)
    deviation = 1.4826 * np.median(np.abs(coefficients - middle), axis=0)
    sampling = (design.projection**2).sum(axis=1) * np.median(error_variance(fit))
    observed = deviation**2
    variance = np.maximum(observed - sampling, _LEAST_SHARE * observed)
    variance[0] = _UNSHRUNK
    return MetricPrior(middle, variance, alpha)


def error_variance(fit: RegressionFit) -> Floats:
    """Return the variance of each series' residuals as its coefficients see it."""
    variance: Floats = np.var(fit.residuals, axis=1, dtype=np.float64)
    return AUTOCORRELATION_FACTOR * variance


def shrink(
    fit: RegressionFit, *, design: SharedDesign, shrinkage: Shrinkage
) -> tuple[Floats, Block]:
    """Return the shrunk coefficients of series of one metric and their residuals."""
    coefficients = shrinkage.applied(fit.coefficients, variance=error_variance(fit))
    kind = fit.residuals.dtype
    change = (fit.coefficients - coefficients).astype(kind)
    residuals = fit.residuals + change @ design.terms.T.astype(kind)
    return coefficients, residuals


def weighted_levels(residuals: Block, alpha: float) -> Floats:
    """Return the exponentially weighted mean of each row, the newest day weighing most.

    Parameters
    ----------
    residuals
        Shape (series, days).
    alpha
        Weight of a day, lost by those before it.
    """
    weights = (1.0 - alpha) ** np.arange(residuals.shape[1])[::-1]
    weights = (weights / weights.sum()).astype(residuals.dtype)
    levels: Floats = (residuals @ weights).astype(np.float64)
    return levels
