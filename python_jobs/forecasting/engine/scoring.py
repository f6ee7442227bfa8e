"""Sums of the errors of a block against what was measured, in one pass."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from python_jobs.forecasting.backtest import BLOCK_DAYS, ERROR_TERMS
from python_jobs.forecasting.forecasts import QUANTILES
from python_jobs.forecasting.series import Floats

_PROBABILITIES = np.array(list(QUANTILES.values()))
_NAMES = list(QUANTILES)
_LOW_80, _HIGH_80 = _NAMES.index("forecast_q10"), _NAMES.index("forecast_q90")
_LOW_95, _HIGH_95 = _NAMES.index("forecast_q2_5"), _NAMES.index("forecast_q97_5")
_FLOOR = 1e-12


def error_sums(
    forecast: Floats,
    quantiles: Floats,
    *,
    measured: Floats,
    is_eoq: NDArray[np.bool_],
    log_floors: Floats,
) -> Floats:
    """Return the sums of ``ml.forecast_backtests`` of every series of a block.

    Parameters
    ----------
    forecast, quantiles
        In the usage unit, shape (series, days) and (series, days, 9).
    measured
        What came, NaN for nothing; such a day is not scored.
    is_eoq
        Shape (series, days).
    log_floors
        Floor under a logarithm, shape (series,).

    Returns
    -------
    numpy.ndarray
        Shape (series, blocks of ten days, 2 for the EOQ flag, terms) in the order of
        `ERROR_TERMS`.
    """
    count, days = forecast.shape
    sums = np.zeros((count, -(-days // BLOCK_DAYS), 2, len(ERROR_TERMS)))
    _add_up(forecast, quantiles, measured, is_eoq, log_floors, sums)
    return sums


@njit(cache=True, nogil=True)
def _add_up(forecast, quantiles, measured, is_eoq, log_floors, sums):  # type: ignore[no-untyped-def]
    count, days = forecast.shape
    for i in range(count):
        floor = log_floors[i]
        for t in range(days):
            actual = measured[i, t]
            if not np.isfinite(actual):
                continue
            expected = forecast[i, t]
            error = expected - actual
            row = sums[i, t // BLOCK_DAYS, int(is_eoq[i, t])]
            log_error = np.log(max(actual, floor)) - np.log(max(expected, floor))
            row[0] += 1.0
            row[1] += error
            row[2] += abs(error)
            row[3] += error * error
            if actual > 0.0:
                row[4] += abs(error) / actual
                row[5] += 1.0
            row[6] += 2.0 * abs(error) / max(abs(actual) + abs(expected), _FLOOR)
            row[7] += actual
            row[8] += log_error
            row[9] += log_error * log_error
            pinball = 0.0
            for k in range(len(_PROBABILITIES)):
                short = actual - quantiles[i, t, k]
                share = _PROBABILITIES[k]
                pinball += max(share * short, (share - 1.0) * short)
            row[10] += pinball / len(_PROBABILITIES)
            if quantiles[i, t, _LOW_80] <= actual <= quantiles[i, t, _HIGH_80]:
                row[11] += 1.0
            if quantiles[i, t, _LOW_95] <= actual <= quantiles[i, t, _HIGH_95]:
                row[12] += 1.0
