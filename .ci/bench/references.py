"""Forecasts that need no fit: the seasonal naive, and the generator's own truth."""

import numpy as np
import pandas as pd
from fleets import HORIZON_DAYS, Fleet

WEEK_DAYS = 7
DEVIATES = {80: 1.2815515655446004, 95: 1.959963984540054}
"""Standard normal deviates of the two central intervals."""


def seasonal_naive(known: pd.DataFrame) -> pd.DataFrame:
    """Repeat the last week; its error grows with the root of the weeks ahead.

    Notes
    -----
    Hyndman and Athanasopoulos (2021), Forecasting: Principles and Practice, 5.5.
    """
    steps = np.arange(HORIZON_DAYS)
    weeks = np.sqrt(steps // WEEK_DAYS + 1.0)
    parts = []
    for unique_id, rows in known.groupby("unique_id", sort=True):
        usage = rows["y"].to_numpy(dtype=np.float64)
        mean = usage[-WEEK_DAYS:][steps % WEEK_DAYS]
        sd = np.sqrt(np.mean((usage[WEEK_DAYS:] - usage[:-WEEK_DAYS]) ** 2)) * weeks
        start = rows["ds"].iloc[-1] + pd.Timedelta(days=1)
        days = pd.date_range(start, periods=HORIZON_DAYS)
        columns = {"unique_id": unique_id, "ds": days, "mean": mean}
        for level, deviate in DEVIATES.items():
            columns[f"low_{level}"] = mean - deviate * sd
            columns[f"high_{level}"] = mean + deviate * sd
        parts.append(pd.DataFrame(columns))
    return pd.concat(parts, ignore_index=True)


def truth(fleet: Fleet, *, origin: int) -> pd.DataFrame:
    """Forecast the generator's mean of each day ahead: no model can know more of it."""
    actuals = fleet.actuals(origin)
    return actuals[["unique_id", "ds"]].assign(mean=actuals["true_value"])
