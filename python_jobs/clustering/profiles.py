"""Standardised feature vectors of server profiles."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.preprocessing import RobustScaler

METRICS = ("cpu", "memory", "disk", "network_in", "network_out")
LEVELS = ("p95_level_pct", "peak_pct")
RATIOS = ("weekend_ratio", "eoq_uplift_ratio", "holiday_ratio", "growth_ratio_year")
BEHAVIOURS = (*RATIOS, "spread_ratio", "persistence")

LARGEST_SCORE = 5.0
"""Scaled values are clipped here, so that no single number makes a cluster."""

_SMALLEST_MULTIPLE = 0.01


def columns_of(*numbers: str) -> list[str]:
    """Return the feature columns of some profile numbers, for every metric."""
    return [f"{metric}_{number}" for metric in METRICS for number in numbers]


FEATURES = columns_of(*LEVELS, *BEHAVIOURS)


def scaled_profiles(profiles: pd.DataFrame) -> NDArray[np.float64]:
    """Return the profiles as points.

    Levels and ratios are compared by their logarithm: half the usage is as far from the
    middle as twice the usage. Each column is centred on its median, divided by its
    interquartile range and clipped. Levels, fewer than behaviours, are weighted so that
    both sides have the same say: what is consolidated is capacity that is not used.

    Parameters
    ----------
    profiles
        Columns `FEATURES`, no value missing.

    Returns
    -------
    numpy.ndarray
        Shape (servers, features).
    """
    values = profiles[FEATURES].astype("float64")
    multiples = columns_of(*LEVELS, *RATIOS)
    values[multiples] = np.log(values[multiples].clip(lower=_SMALLEST_MULTIPLE))
    scores = RobustScaler().fit_transform(values.to_numpy())
    weights = pd.Series(1.0, index=FEATURES)
    weights[columns_of(*LEVELS)] = np.sqrt(len(BEHAVIOURS) / len(LEVELS))
    points: NDArray[np.float64] = np.clip(scores, -LARGEST_SCORE, LARGEST_SCORE)
    return points * weights.to_numpy()
