"""Coefficients of a series, shrunk towards what its metric's series have.

Source: Efron and Morris (1975), Data Analysis Using Stein's Estimator; all terms
together, because terms of a quarter end stand in for each other.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from python_jobs.forecasting.engine.regression import SharedDesign
from python_jobs.forecasting.series import Floats

_LARGEST_VARIANCE = 1e6


@dataclass(frozen=True)
class Shrinkage:
    """A normal prior over the coefficients of a design, ready for any series.

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
    is_used: NDArray[np.bool_]
    eigenvalues: Floats
    vectors: Floats

    @classmethod
    def of(
        cls, design: SharedDesign, *, middle: Floats, variance: Floats
    ) -> "Shrinkage":
        """Prepare a prior for a design.

        Parameters
        ----------
        design
            Shared by the series.
        middle, variance
            Mean and variance of the prior by term, shape (terms,); a term of variance 0
            keeps the prior's mean, one of infinite variance is not shrunk.
        """
        is_used = np.abs(design.projection).sum(axis=1) > 0.0
        deviation = np.sqrt(np.minimum(variance, _LARGEST_VARIANCE))
        scale = np.where(is_used, deviation, 0.0)
        cross = design.terms.T @ design.terms
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
