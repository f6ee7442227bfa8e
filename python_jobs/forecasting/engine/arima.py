"""ARIMA(1,1,1) of many series at once, by Gauss-Newton on conditional squares.

Source: Box and Jenkins (1970), Time Series Analysis, chapter 7: the sum of squares
given that the first innovation is zero; Levenberg (1944) and Marquardt (1963) for the
damping; Brockwell and Davis (1991), Time Series: Theory and Methods, section 5.3, for
the last innovation, which forgets the start late where the MA is near -1.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from python_jobs.forecasting.engine.arima_kernels import (
    SETTLING_DAYS,
    fill_fits,
    fill_forecasts,
)

Floats = NDArray[np.float64]
Block = NDArray[np.float32] | NDArray[np.float64]


@dataclass(frozen=True)
class ArimaFit:
    """Parameters and last state of each series of a block.

    Attributes
    ----------
    ar, ma
        Parameters phi and theta of
        ``d[t] = phi d[t-1] + e[t] + theta e[t-1]`` with ``d`` the first difference.
    variance
        Mean square of the innovations.
    level, difference, innovation
        Last value, its difference to the one before, last innovation: all that a
        forecast needs. Each array has shape (series,).
    is_converged
        Whether the search came to an end within its steps.
    """

    ar: Floats
    ma: Floats
    variance: Floats
    level: Floats
    difference: Floats
    innovation: Floats
    is_converged: NDArray[np.bool_]


def fit_arima(values: Block) -> ArimaFit:
    """Fit ARIMA(1,1,1) to each row.

    Parameters
    ----------
    values
        Consecutive days without gaps, shape (series, days), more days than
        `SETTLING_DAYS`.
    """
    count = len(values)
    found = np.empty((count, 5))
    is_converged = np.zeros(count, dtype=np.bool_)
    fill_fits(np.ascontiguousarray(values), found, is_converged)
    return ArimaFit(
        ar=found[:, 0],
        ma=found[:, 1],
        variance=found[:, 2] / max(values.shape[1] - SETTLING_DAYS, 1),
        level=values[:, -1].astype(np.float64),
        difference=found[:, 3],
        innovation=found[:, 4],
        is_converged=is_converged,
    )


def forecast_arima(fit: ArimaFit, horizon_days: int) -> tuple[Floats, Floats]:
    """Return mean and standard deviation of the days ahead, each (series, horizon)."""
    shape = (len(fit.ar), horizon_days)
    mean, sd = np.empty(shape), np.empty(shape)
    fill_forecasts(
        *(fit.ar, fit.ma, fit.variance),
        *(fit.level, fit.difference, fit.innovation),
        *(mean, sd),
    )
    return mean, sd
