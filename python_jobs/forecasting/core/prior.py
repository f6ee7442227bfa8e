"""Empirical-Bayes prior of a metric's coefficients, shrinkage, and weighted levels.

Estimated per metric on the in-sample days of an origin, from a sample that does not
depend on how the fleet is cut into blocks; so any block, on any machine, gets the same
one. Source: Efron and Morris (1975), Data Analysis Using Stein's Estimator; all terms
together, because the terms of a quarter end are collinear.
"""

from dataclasses import dataclass

import numpy as np

from python_jobs.calendars.forecast_design import (
    DEFAULT_SMOOTHING_PARAMETER,
    SMOOTHING_PARAMETERS,
)
from python_jobs.forecasting.core.arrays import AnyFloats, Booleans, Floats

_LARGEST_VARIANCE = 1e6


@dataclass(frozen=True)
class Shrinkage:
    """Normal prior over the coefficients of a design, diagonalised for any series.

    The prior's scale turns the design's cross product into one matrix whose
    eigenvectors serve every residual variance.

    Attributes
    ----------
    middle, scale
        Mean and standard deviation of the prior by term, shape (terms,).
    is_used
        Which terms the design has.
    eigenvalues, vectors
        Of the scaled cross product.
    """

    middle: Floats
    scale: Floats
    is_used: Booleans
    eigenvalues: Floats
    vectors: Floats

    @classmethod
    def of(
        cls, terms: Floats, *, is_used: Booleans, middle: Floats, variance: Floats
    ) -> "Shrinkage":
        """Diagonalise a prior over a design.

        Parameters
        ----------
        terms
            Of the design that the series share, shape (days, terms).
        is_used
            Which of them the design has, shape (terms,).
        middle, variance
            Mean and variance of the prior by term, shape (terms,); a term of variance 0
            keeps the prior's mean, one of infinite variance is not shrunk.
        """
        deviation = np.sqrt(np.minimum(variance, _LARGEST_VARIANCE))
        scale = np.where(is_used, deviation, 0.0)
        cross = terms.T @ terms
        eigenvalues, vectors = np.linalg.eigh(scale[:, None] * cross * scale)
        return cls(middle, scale, is_used, np.maximum(eigenvalues, 0.0), vectors)

    def applied(self, coefficients: Floats, *, variance: Floats) -> Floats:
        """Return the posterior mean of coefficients.

        Parameters
        ----------
        coefficients
            Of least squares, shape (series, terms).
        variance
            Of each series' residuals, shape (series,).

        Returns
        -------
        numpy.ndarray
            Shape (series, terms).
        """
        divisor = np.where(self.scale > 0.0, self.scale, np.inf)
        deviations = (coefficients - self.middle) / divisor
        weight = self.eigenvalues / (self.eigenvalues + variance[:, None] + 1e-300)
        moved = ((deviations @ self.vectors) * weight) @ self.vectors.T
        return np.where(self.is_used, self.middle + moved * self.scale, 0.0)


FEWEST_SERIES = 20
"""Fewest series of a metric for a between-series variance; below: no shrinkage."""

ALPHAS = (0.005, *SMOOTHING_PARAMETERS)
"""Smoothing parameters of the level that tuning selects from."""

AUTOCORRELATION_FACTOR = 2.0
"""Variance of a coefficient over that of independent days. Backtests tell 1.5 to 2.4
hardly apart; 3, as for a mean, shrinks weekdays and quarter ends too far."""

_LEAST_SHARE = 0.1
_UNSHRUNK = np.inf


@dataclass(frozen=True)
class MetricPrior:
    """Prior of the coefficients of one metric, and its smoothing parameter.

    Attributes
    ----------
    middle, variance
        Of the coefficients, shape (terms,); the level is not shrunk.
    alpha
        Weight of the newest day in the exponentially weighted level.
    """

    middle: Floats
    variance: Floats
    alpha: float = DEFAULT_SMOOTHING_PARAMETER

    @classmethod
    def flat(cls, terms: int) -> "MetricPrior":
        """Return a flat prior, which shrinks nothing."""
        return cls(np.zeros(terms), np.full(terms, _UNSHRUNK))

    def over(self, terms: Floats, *, is_used: Booleans) -> Shrinkage:
        """Diagonalise the prior over a design, see `Shrinkage.of`."""
        return Shrinkage.of(
            terms, is_used=is_used, middle=self.middle, variance=self.variance
        )


def metric_prior(
    coefficients: Floats, residuals: AnyFloats, *, projection: Floats, alpha: float
) -> MetricPrior:
    """Estimate the prior of a metric: median and between-series variance.

    The between-series variance is the robust variance of the coefficients less their
    sampling variance; never under a tenth of the former.

    Parameters
    ----------
    coefficients, residuals
        Of least squares, shape (series, terms) and (series, days).
    projection
        Pseudo-inverse of the design, shape (terms, days).
    alpha
        Weight of the newest day in the metric's level.
    """
    middle = np.median(coefficients, axis=0)
    if len(coefficients) < FEWEST_SERIES:
        return MetricPrior(middle, np.full(len(middle), _UNSHRUNK), alpha)
    deviation = 1.4826 * np.median(np.abs(coefficients - middle), axis=0)
    sampling = (projection**2).sum(axis=1) * np.median(error_variance(residuals))
    observed = deviation**2
    variance = np.maximum(observed - sampling, _LEAST_SHARE * observed)
    variance[0] = _UNSHRUNK
    return MetricPrior(middle, variance, alpha)


def error_variance(residuals: AnyFloats) -> Floats:
    """Return each series' residual variance, inflated for autocorrelation."""
    variance: Floats = np.var(residuals, axis=1, dtype=np.float64)
    return AUTOCORRELATION_FACTOR * variance


def weighted_levels(residuals: AnyFloats, alpha: float) -> Floats:
    """Return the exponentially weighted mean of each row.

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
