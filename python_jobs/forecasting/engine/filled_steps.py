"""What stands for steps without a measurement, once the calendar is explained."""

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

LEVEL_ALPHA = 0.1
"""Weight of the newest measured step in the level that is carried on."""


def carry_levels(
    residuals: NDArray[np.floating[Any]], is_filled: NDArray[np.bool_]
) -> None:
    """Let steps without a measurement have the level of the measured ones before them.

    A residual of 0 would say that the usage was back at its mean of years.

    Parameters
    ----------
    residuals
        Shape (series, steps); written to.
    is_filled
        Steps without a measurement, shape (series, steps).
    """
    if is_filled.any():
        _carry_levels(residuals, is_filled, LEVEL_ALPHA)


@njit(cache=True, nogil=True)
def _carry_levels(residuals, is_filled, alpha):  # type: ignore[no-untyped-def]
    count, steps = residuals.shape
    for i in range(count):
        level = 0.0
        for t in range(steps):
            if is_filled[i, t]:
                residuals[i, t] = level
            else:
                level += alpha * (residuals[i, t] - level)
