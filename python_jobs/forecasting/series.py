"""The usage of each server and metric as arrays, cut from the feature frame."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]
Days = NDArray[np.datetime64]

ONE_DAY = np.timedelta64(1, "D")
WEEK_DAYS = 7
DAY_HOURS = 24


@dataclass(frozen=True)
class UsageSeries:
    """One server and metric, day by day.

    Attributes
    ----------
    server_id, metric
        Key.
    calendar_id
        Calendar whose terms explain the usage.
    usage_unit, capacity_value, log_floor
        ``percent`` or ``mbps``; capacity in that unit, NaN when unknown; the floor
        under a logarithm.
    days
        Dates, ascending, shape (days,).
    usage_values
        Usage without gaps, what models learn from, shape (days,).
    measured_values
        Usage as it was measured, NaN when it was not: what errors are read from.
    is_filled, is_eoq_window
        Whether the usage was filled in; whether the day lies in an EOQ window.
    """

    server_id: str
    metric: str
    calendar_id: str
    usage_unit: str
    capacity_value: float
    log_floor: float
    days: Days
    usage_values: Floats
    measured_values: Floats
    is_filled: Booleans
    is_eoq_window: Booleans

    @property
    def key(self) -> tuple[str, str]:
        """Server and metric."""
        return self.server_id, self.metric

    @property
    def ceiling(self) -> float:
        """Return the value a forecast is cut at: a percentage stays under 100."""
        return 100.0 if self.usage_unit == "percent" else np.inf

    @property
    def is_unbroken(self) -> bool:
        """Whether each day follows the one before."""
        return bool((np.diff(self.days) == ONE_DAY).all())

    def log_usage(self, origin_date: np.datetime64) -> Floats:
        """Return the logarithms of the floored usage up to the origin."""
        usage = self.usage_values[self.past(origin_date)]
        floored: Floats = np.log(np.maximum(usage, self.log_floor))
        return floored

    def past(self, origin_date: np.datetime64) -> slice:
        """Positions up to the origin, the origin included."""
        return slice(0, int(np.searchsorted(self.days, origin_date, side="right")))

    def future(self, origin_date: np.datetime64, *, horizon_days: int) -> slice:
        """Positions of the days after the origin that were lived, at most so many."""
        first = int(np.searchsorted(self.days, origin_date, side="right"))
        end = origin_date + horizon_days * ONE_DAY
        return slice(first, int(np.searchsorted(self.days, end, side="right")))


def load_series(feature_rows: pd.DataFrame) -> Iterator[UsageSeries]:
    """Yield the series of ``feat_usage_forecasts``.

    Parameters
    ----------
    feature_rows
        Sorted by server, metric and date; attributes as on a series' newest day.
    """
    keys = feature_rows[["server_id", "metric"]]
    is_first = keys.ne(keys.shift()).any(axis=1).to_numpy()
    starts = np.flatnonzero(is_first)
    ends = np.append(starts[1:], len(feature_rows))
    days = feature_rows["metric_date"].to_numpy().astype("datetime64[D]")
    arrays = {
        name: feature_rows[name].to_numpy()
        for name in ("usage_value", "measured_value", "is_filled", "is_eoq_window")
    }
    # engines add doubles in any order; an optimiser would make the last digit visible
    arrays["usage_value"] = np.round(arrays["usage_value"], 9)
    newest: Any = feature_rows.iloc[ends - 1]
    for row, start, end in zip(newest.itertuples(), starts, ends, strict=True):
        yield UsageSeries(
            server_id=row.server_id,
            metric=row.metric,
            calendar_id=row.calendar_id,
            usage_unit=row.usage_unit,
            capacity_value=row.capacity_value,
            log_floor=row.log_floor,
            days=days[start:end],
            usage_values=arrays["usage_value"][start:end],
            measured_values=arrays["measured_value"][start:end],
            is_filled=arrays["is_filled"][start:end],
            is_eoq_window=arrays["is_eoq_window"][start:end],
        )
