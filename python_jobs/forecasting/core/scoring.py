"""Forecast error sums of a block: absolute, squared, percentage, pinball, coverage.

An error is forecast less actual.
"""

import numpy as np
from numba import njit

from python_jobs.calendars.forecast_design import BLOCK_DAYS, LOWER, QUANTILES, UPPER
from python_jobs.forecasting.core.arrays import PROBABILITIES, Booleans, Floats

ERROR_TERMS = (
    "day_count",
    "error_sum",
    "absolute_error_sum",
    "squared_error_sum",
    "percentage_error_sum",
    "percentage_day_count",
    "symmetric_error_sum",
    "actual_sum",
    "pinball_sum",
    "inside_80_count",
    "inside_95_count",
)
"""Sums per block of the horizon."""


_ENDS = np.array(
    [
        list(QUANTILES.values()).index(end[coverage])
        for coverage in ("80", "95")
        for end in (LOWER, UPPER)
    ]
)
"""Positions of the quantiles that end the 80 % and the 95 % interval."""

_FLOOR = 1e-12


def error_sums(
    forecast: Floats,
    quantiles: Floats,
    *,
    measured: Floats,
    is_eoq_window: Booleans,
) -> Floats:
    """Return the sums of ``ml.forecast_backtests`` of every series of a block.

    Parameters
    ----------
    forecast, quantiles
        In the usage unit, shape (series, days) and (series, days, 9).
    measured
        What came, NaN for nothing; such a day is not scored.
    is_eoq_window
        Shape (series, days).

    Returns
    -------
    numpy.ndarray
        Shape (series, blocks of ten days, 2 for the EOQ flag, terms) in the order of
        `ERROR_TERMS`.
    """
    count, days = forecast.shape
    sums = np.zeros((count, -(-days // BLOCK_DAYS), 2, len(ERROR_TERMS)))
    _add_up(
        *(forecast, quantiles, measured, is_eoq_window),
        *(BLOCK_DAYS, PROBABILITIES, _ENDS, sums),
    )
    return sums


@njit(cache=True, nogil=True)
def _add_up(  # type: ignore[no-untyped-def]
    forecast,
    quantiles,
    measured,
    is_eoq_window,
    block_days,
    probabilities,
    ends,
    sums,
):
    """Add the errors of every measured day to the sums of its block."""
    count, days = forecast.shape
    for i in range(count):
        for t in range(days):
            actual = measured[i, t]
            if not np.isfinite(actual):
                continue
            expected = forecast[i, t]
            error = expected - actual
            row = sums[i, t // block_days, int(is_eoq_window[i, t])]
            row[0] += 1.0
            row[1] += error
            row[2] += abs(error)
            row[3] += error * error
            if actual > 0.0:
                row[4] += abs(error) / actual
                row[5] += 1.0
            row[6] += 2.0 * abs(error) / max(abs(actual) + abs(expected), _FLOOR)
            row[7] += actual
            pinball = 0.0
            for k in range(len(probabilities)):
                short = actual - quantiles[i, t, k]
                share = probabilities[k]
                pinball += max(share * short, (share - 1.0) * short)
            row[8] += pinball / len(probabilities)
            if quantiles[i, t, ends[0]] <= actual <= quantiles[i, t, ends[1]]:
                row[9] += 1.0
            if quantiles[i, t, ends[2]] <= actual <= quantiles[i, t, ends[3]]:
                row[10] += 1.0
