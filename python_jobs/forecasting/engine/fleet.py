"""The usage of a fleet as ragged arrays: a long array a column, cut into series.

No pivot: the rows of ``feat_usage_forecasts`` stay as they came, a block gathers the
window it needs.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from python_jobs.calendar_weights import WINDOW_DAYS
from python_jobs.forecasting.engine.fleet_kernels import (
    fill_newest,
    fill_scales,
    fill_windows,
)
from python_jobs.forecasting.guards import Reason
from python_jobs.forecasting.series import Floats

Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]
Strings = NDArray[np.object_]

BLOCK_SERIES = 128
"""Series of a block: its arrays stay in the cache, and memory is bounded."""

_USABLE = -1
_REASONS = (
    Reason.TOO_SHORT,
    Reason.ENDED,
    Reason.GAP,
    Reason.NOT_FINITE,
    Reason.SILENT,
    Reason.FLAT,
)


@dataclass(frozen=True)
class Fleet:
    """Every series of the features.

    Attributes
    ----------
    server_ids, metrics, calendar_ids
        Attributes by series, shape (series,).
    starts, lengths
        First row and number of rows of each series.
    first_days
        First date as days since 1970-01-01.
    is_unbroken
        Whether each day follows the one before.
    capacities, ceilings, log_floors
        In the unit of the usage; capacity NaN when unknown; a percentage is cut at 100.
    usage, measured, is_filled, is_eoq
        By row: usage without gaps, what was measured or NaN, and the flags.
    has_own_windows
        Whether the whole history of a series is a window, not that of its calendar.
    """

    server_ids: Strings
    metrics: Strings
    calendar_ids: Strings
    starts: Integers
    lengths: Integers
    first_days: Integers
    is_unbroken: Booleans
    capacities: Floats
    ceilings: Floats
    log_floors: Floats
    usage: Floats
    measured: Floats
    is_filled: Booleans
    is_eoq: Booleans
    has_own_windows: bool = False

    def __len__(self) -> int:
        """Return the number of series."""
        return len(self.starts)

    @cached_property
    def _texts(self) -> dict[str, Any]:
        # made once: pandas looks at every value of a column of objects
        return {
            "server_id": pd.array(self.server_ids, dtype="str"),
            "metric": pd.array(self.metrics, dtype="str"),
        }

    def keys(self, series: Integers) -> dict[str, Any]:
        """Return server and metric of series, repeated or not, as columns of rows."""
        return {name: texts.take(series) for name, texts in self._texts.items()}

    @classmethod
    def of(cls, rows: pd.DataFrame) -> "Fleet":
        """Cut the rows of ``feat_usage_forecasts`` into series.

        Parameters
        ----------
        rows
            Sorted by server, metric and date; attributes as on a series' newest day.
        """
        codes = [pd.factorize(rows[name])[0] for name in ("server_id", "metric")]
        is_first = np.ones(len(rows), dtype=np.bool_)
        is_first[1:] = (np.diff(codes[0]) != 0) | (np.diff(codes[1]) != 0)
        starts = np.flatnonzero(is_first)
        ends = np.append(starts[1:], len(rows))
        days = rows["metric_date"].to_numpy().astype("datetime64[D]").astype(np.int64)
        is_next = np.ones(len(rows), dtype=np.bool_)
        is_next[1:] = np.diff(days) == 1
        is_next[starts] = True
        newest = rows.iloc[ends - 1]
        is_percent = (newest["usage_unit"] == "percent").to_numpy()
        return cls(
            server_ids=newest["server_id"].to_numpy(dtype=object),
            metrics=newest["metric"].to_numpy(dtype=object),
            calendar_ids=newest["calendar_id"].to_numpy(dtype=object),
            starts=starts,
            lengths=ends - starts,
            first_days=days[starts],
            is_unbroken=np.logical_and.reduceat(is_next, starts)
            if len(starts)
            else np.zeros(0, dtype=np.bool_),
            capacities=newest["capacity_value"].to_numpy(dtype=np.float64),
            ceilings=np.where(is_percent, 100.0, np.inf),
            log_floors=newest["log_floor"].to_numpy(dtype=np.float64),
            # engines add doubles in any order; a fit would make the last digit visible
            usage=np.round(rows["usage_value"].to_numpy(dtype=np.float64), 9),
            measured=rows["measured_value"].to_numpy(dtype=np.float64),
            is_filled=rows["is_filled"].to_numpy(dtype=np.bool_),
            is_eoq=rows["is_eoq_window"].to_numpy(dtype=np.bool_),
        )

    def look_back(
        self, origin_day: int, *, first_days: dict[str, int]
    ) -> tuple[Integers, list[Reason | None]]:
        """Return the window that each series fills at an origin, and who fills none.

        Parameters
        ----------
        origin_day
            Last day that may be seen.
        first_days
            First day of each calendar's design; the whole of it is a window, too,
            unless series have their own.

        Returns
        -------
        windows
            Days of the longest window that is well filled; 0 with a reason.
        reasons
            Why a series is not fitted; None: it is.
        """
        first = self.first_days
        if not self.has_own_windows:
            first = np.array([first_days[each] for each in self.calendar_ids], np.int64)
        whole = np.maximum(origin_day - first + 1, 0)
        codes, windows = np.full(len(self), _USABLE), np.zeros(len(self), np.int64)
        fill_windows(
            *(self.starts, self.lengths, origin_day - self.first_days + 1, whole),
            *(self.is_unbroken, self.usage, self.measured, self.is_filled),
            *(self.log_floors, np.array(WINDOW_DAYS), windows, codes),
        )
        reasons = [None if code == _USABLE else _REASONS[code] for code in codes]
        return windows, reasons

    def scales(self, origin_day: int) -> Floats:
        """Return the mean absolute change from one week to the next before an origin.

        Over the last 364 days, as in SQL; NaN when the usage never moved or the
        history is shorter than eight days. Shape (series,).
        """
        scales = np.full(len(self), np.nan)
        elapsed = origin_day - self.first_days + 1
        fill_scales(self.starts, np.minimum(elapsed, self.lengths), self.usage, scales)
        return scales

    def gather(
        self, series: Integers, *, last_day: int, days: int
    ) -> tuple[Floats, Booleans]:
        """Return usage and filled flags of the days up to one, shape (series, days)."""
        past = last_day - self.first_days[series] + 1
        usage = np.empty((len(series), days))
        is_filled = np.empty(usage.shape, dtype=np.bool_)
        fill_newest(self.starts[series] + past, self.usage, usage)
        fill_newest(self.starts[series] + past, self.is_filled, is_filled)
        return usage, is_filled

    def lived(
        self, series: Integers, *, origin_day: int, days: int
    ) -> tuple[Floats, Booleans]:
        """Return what was measured on the days after an origin, NaN past the newest."""
        end = self.starts[series] + self.lengths[series]
        first = self.starts[series] + origin_day + 1 - self.first_days[series]
        rows = first[:, None] + np.arange(days)
        is_known = rows < end[:, None]
        rows = np.minimum(rows, end[:, None] - 1)
        measured = np.where(is_known, self.measured[rows], np.nan)
        return measured, np.where(is_known, self.is_eoq[rows], False)


def blocks(series: Integers) -> Iterator[Integers]:
    """Cut positions of series into blocks of at most `BLOCK_SERIES`."""
    for first in range(0, len(series), BLOCK_SERIES):
        yield series[first : first + BLOCK_SERIES]
