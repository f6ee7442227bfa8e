"""Errors of forecasts in percent of capacity, summed so that any two compare."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

KEY = ["unique_id", "origin"]
SUMS = ["day_count", "error_sum", "inside_80_sum", "inside_95_sum"]
LEVELS = (80, 95)
COVERAGE_ORIGINS = 5
"""Newest origins that coverage is read from: older ones know few errors yet."""


def scores(
    forecast: pd.DataFrame, actuals: pd.DataFrame, *, origin: int
) -> pd.DataFrame:
    """Return the error sums of each series on quarter-end and other days.

    Parameters
    ----------
    forecast
        ``unique_id, ds, mean`` and, where there are intervals, ``low_80, high_80,
        low_95, high_95``, in the unit of the usage.
    actuals
        ``unique_id, ds, measured_value, capacity_value, usage_unit, is_eoq_window``;
        days without a measured value are not scored.
    origin
        Number of the origin.

    Returns
    -------
    pandas.DataFrame
        ``unique_id, origin, is_eoq_window`` and the columns of `SUMS`: the error is
        absolute and in percent of capacity; what is inside an interval counts 1, and
        NaN for a model that has none. A percentage is cut at 0 and 100 first, any usage
        at 0. A series with a day that is not finite is left out.
    """
    days = actuals.merge(forecast, on=["unique_id", "ds"], how="inner")
    ceiling = days["usage_unit"].map({"percent": 100.0}).fillna(np.inf)
    mean = days["mean"].clip(0.0, ceiling)
    actual = days["measured_value"].astype(np.float64)
    columns = {
        "unique_id": days["unique_id"],
        "origin": origin,
        "is_eoq_window": days["is_eoq_window"].astype(bool),
        "day_count": 1,
        "error_sum": (mean - actual).abs() / days["capacity_value"] * 100.0,
    }
    for level in LEVELS:
        columns[f"inside_{level}_sum"] = _inside(days, actual, ceiling, level=level)
    scored = pd.DataFrame(columns)
    is_broken = ~np.isfinite(days["mean"])
    broken = set(days.loc[is_broken, "unique_id"])
    scored = scored[actual.notna() & ~scored["unique_id"].isin(broken)]
    by_group = scored.groupby([*KEY, "is_eoq_window"], sort=True)[SUMS]
    return by_group.sum(skipna=False).reset_index()


def _inside(
    days: pd.DataFrame, actual: pd.Series, ceiling: pd.Series, *, level: int
) -> pd.Series:
    """Return 1 for a day inside the interval, both ends included; NaN without one."""
    if f"low_{level}" not in days:
        return pd.Series(np.nan, index=days.index)
    low = days[f"low_{level}"].clip(0.0, ceiling)
    high = days[f"high_{level}"].clip(0.0, ceiling)
    return ((low <= actual) & (actual <= high)).astype(np.float64)


def figures(scored: pd.DataFrame) -> dict[str, float]:
    """Return the figures of one model over the days that `scores` summed.

    Returns
    -------
    dict
        ``mae`` and ``eoq_mae``, percent of capacity, each day weighs the same;
        ``coverage_80``, ``coverage_95`` and the same of quarter ends, percent of the
        days of the newest `COVERAGE_ORIGINS`; ``pair_count``, pairs of series and
        origin.
    """
    found = {"pair_count": float(len(scored[KEY].drop_duplicates()))}
    for prefix, rows in (("", scored), ("eoq_", scored[scored["is_eoq_window"]])):
        found[f"{prefix}mae"] = _mean(rows, "error_sum")
        newest = rows[rows["origin"] <= COVERAGE_ORIGINS]
        for level in LEVELS:
            inside = _mean(newest, f"inside_{level}_sum")
            found[f"{prefix}coverage_{level}"] = inside * 100.0
    return found


def _mean(rows: pd.DataFrame, column: str) -> float:
    """Return a sum by the number of days; NaN without days or with an unknown sum."""
    days = float(rows["day_count"].sum())
    return float(rows[column].sum(skipna=False)) / days if days else np.nan


@dataclass(frozen=True)
class Ratio:
    """One model's error by another's, on the series and origins that both have.

    Attributes
    ----------
    value
        Sum of errors by sum of errors.
    standard_error
        Of it, over series; NaN for a single one.
    pair_count
        Pairs of series and origin.
    """

    value: float
    standard_error: float
    pair_count: int


def ratio(scored: pd.DataFrame, base: pd.DataFrame, *, eoq_only: bool = False) -> Ratio:
    """Return the ratio of two models' mean absolute errors.

    Notes
    -----
    Standard error of a ratio estimator with series as the units: Cochran (1977),
    Sampling Techniques, section 2.11.
    """
    key = [*KEY, "is_eoq_window"]
    both = scored.merge(base, on=key, suffixes=("", "_base"))
    if eoq_only:
        both = both[both["is_eoq_window"]]
    sums = both.groupby("unique_id")[["error_sum", "error_sum_base"]].sum()
    count, total = len(sums), float(sums["error_sum_base"].sum())
    value = float(sums["error_sum"].sum()) / total if total else np.nan
    left = sums["error_sum"] - value * sums["error_sum_base"]
    spread = np.sqrt((left**2).sum() * count / (count - 1)) if count > 1 else np.nan
    return Ratio(
        value=value,
        standard_error=float(spread / total) if total else np.nan,
        pair_count=len(both[KEY].drop_duplicates()),
    )
