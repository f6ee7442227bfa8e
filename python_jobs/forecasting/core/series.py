"""Ragged series (CSR-like long arrays), their fit windows, and blocks of them.

No pivot: the rows of ``feat_usage_forecasts`` stay as they came, a block gathers the
window it needs.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numba import njit

from python_jobs.calendars.forecast_design import (
    FLAT_DAYS,
    LARGEST_FILLED_SHARE,
    SCALE_DAYS,
    SILENT_DAYS,
    WINDOW_DAYS,
)
from python_jobs.forecasting.core.arrays import (
    WEEK_DAYS,
    BlockData,
    Booleans,
    Floats,
    Integers,
    Reason,
    Strings,
)

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


@dataclass(frozen=True, kw_only=True)
class RaggedSeries:
    """Equidistant series of any length, concatenated in long arrays.

    Attributes
    ----------
    metrics, calendar_ids
        Attributes by series, shape (series,).
    starts, lengths, first_steps
        First row, number of rows, and time of the first row in steps since 1970-01-01.
    measured, values, is_filled
        By row: what was measured or NaN, the same without gaps, and the gaps.
    """

    metrics: Strings
    calendar_ids: Strings
    starts: Integers
    lengths: Integers
    first_steps: Integers
    measured: Floats
    values: Floats
    is_filled: Booleans

    def __len__(self) -> int:
        """Return the number of series."""
        return len(self.starts)

    def values_of(self, series: int) -> Floats:
        """Return the values of one series, without gaps."""
        first = self.starts[series]
        return self.values[first : first + self.lengths[series]]

    def actuals(
        self, series: Integers, *, origins: int | Integers, steps: int
    ) -> Floats:
        """Return the actuals after origins, NaN where nothing was measured.

        Parameters
        ----------
        series
            Positions of series.
        origins
            Last step that is known: one for all, or of each series.
        steps
            Number of steps after it.

        Returns
        -------
        numpy.ndarray
            Shape (series, steps).
        """
        if not len(self.measured):
            return np.full((len(series), steps), np.nan)
        rows, is_known = self._rows_after(series, origins=origins, steps=steps)
        return np.where(is_known, self.measured[rows], np.nan)

    def _rows_after(
        self, series: Integers, *, origins: int | Integers, steps: int
    ) -> tuple[Integers, Booleans]:
        """Return rows of the steps after origins, and whether there is such a row."""
        first = origins + 1 - self.first_steps[series]
        places = first[:, None] + np.arange(steps)
        is_known = (places >= 0) & (places < self.lengths[series][:, None])
        return np.where(is_known, places + self.starts[series][:, None], 0), is_known


@dataclass(frozen=True, kw_only=True)
class Fleet(RaggedSeries):
    """Every series of the features: daily usage of servers.

    Attributes
    ----------
    server_ids
        By series, shape (series,).
    is_unbroken
        Whether each day follows the one before.
    capacities, ceilings, log_floors
        In the unit of the usage; capacity NaN when unknown; a percentage is cut at 100.
    is_eoq_window
        By row: whether the day lies in an EOQ window.
    has_own_windows
        Whether the whole history of a series is a window, not that of its calendar.
    """

    server_ids: Strings
    is_unbroken: Booleans
    capacities: Floats
    ceilings: Floats
    log_floors: Floats
    is_eoq_window: Booleans
    has_own_windows: bool = False

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
            first_steps=days[starts],
            is_unbroken=np.logical_and.reduceat(is_next, starts)
            if len(starts)
            else np.zeros(0, dtype=np.bool_),
            capacities=newest["capacity_value"].to_numpy(dtype=np.float64),
            ceilings=np.where(is_percent, 100.0, np.inf),
            log_floors=newest["log_floor"].to_numpy(dtype=np.float64),
            # engines add doubles in any order; a fit would make the last digit visible
            values=np.round(rows["usage_value"].to_numpy(dtype=np.float64), 9),
            # copies: a view would keep all columns of its kind
            measured=rows["measured_value"].to_numpy(dtype=np.float64, copy=True),
            is_filled=rows["is_filled"].to_numpy(dtype=np.bool_, copy=True),
            is_eoq_window=rows["is_eoq_window"].to_numpy(dtype=np.bool_, copy=True),
        )

    def look_back(
        self, origin_day: int, *, first_days: dict[str, int]
    ) -> tuple[Integers, list[Reason | None]]:
        """Select the fit window of each series at an origin, or the reason for none.

        Parameters
        ----------
        origin_day
            Last day in sample.
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
        first = self.first_steps
        if not self.has_own_windows:
            first = np.array([first_days[each] for each in self.calendar_ids], np.int64)
        whole = np.maximum(origin_day - first + 1, 0)
        codes, windows = np.full(len(self), _USABLE), np.zeros(len(self), np.int64)
        _fill_windows(
            *(self.starts, self.lengths, origin_day - self.first_steps + 1, whole),
            *(self.is_unbroken, self.values, self.measured, self.is_filled),
            *(self.log_floors, np.array(WINDOW_DAYS)),
            *((SILENT_DAYS, FLAT_DAYS, LARGEST_FILLED_SHARE), windows, codes),
        )
        reasons = [None if code == _USABLE else _REASONS[code] for code in codes]
        return windows, reasons

    def scales(self, origin_day: int) -> Floats:
        """Return the in-sample mean absolute seasonal difference (the scale of MASE).

        Over the last 364 days, as in SQL; NaN when the usage never moved or the
        history is shorter than eight days. Shape (series,).
        """
        scales = np.full(len(self), np.nan)
        elapsed = origin_day - self.first_steps + 1
        past = np.minimum(elapsed, self.lengths)
        _fill_scales(self.starts, past, self.values, SCALE_DAYS, scales)
        return scales

    def gather(
        self, series: Integers, *, last_day: int, days: int
    ) -> tuple[Floats, Booleans]:
        """Return usage and filled flags of the days up to one, shape (series, days)."""
        past = last_day - self.first_steps[series] + 1
        usage = np.empty((len(series), days))
        is_filled = np.empty(usage.shape, dtype=np.bool_)
        _fill_newest(self.starts[series] + past, self.values, usage)
        _fill_newest(self.starts[series] + past, self.is_filled, is_filled)
        return usage, is_filled

    def is_eoq_window_after(
        self, series: Integers, *, origin: int, days: int
    ) -> Booleans:
        """Return which days after an origin lie in an EOQ window, as far as known."""
        rows, is_known = self._rows_after(series, origins=origin, steps=days)
        return is_known & self.is_eoq_window[rows]


def blocks(series: Integers) -> Iterator[Integers]:
    """Cut positions of series into blocks of at most `BLOCK_SERIES`."""
    for first in range(0, len(series), BLOCK_SERIES):
        yield series[first : first + BLOCK_SERIES]


@njit(cache=True, nogil=True)
def _longest_window(is_filled, whole, window_days, largest_share):  # type: ignore[no-untyped-def]
    """Return the longest window up to the last day that is well filled, 0: none."""
    best, filled, past = 0, 0, len(is_filled)
    for days in range(1, min(past, whole) + 1):
        filled += is_filled[past - days]
        if filled > largest_share * days:
            continue
        if days >= window_days[0] and (days == whole or days in window_days):
            best = days
    return best


@njit(cache=True, nogil=True)
def _fill_windows(  # type: ignore[no-untyped-def]  # noqa: PLR0912 - one branch a rule
    starts,
    lengths,
    elapsed,
    whole,
    is_unbroken,
    usage,
    measured,
    is_filled,
    log_floors,
    window_days,
    limits,
    windows,
    codes,
):
    """Fill each series' longest well-filled window, and its code where none is.

    Codes: -1 usable, then positions in the reasons of `Fleet.look_back`. ``elapsed``
    counts the days from a series' first to the origin, ``whole`` those of its
    calendar's design. ``limits``: silent days, flat days, largest share of filled ones.
    """
    silent_days, flat_days, largest_share = limits
    for i in range(len(starts)):
        past = min(elapsed[i], lengths[i])
        if past <= 0:
            codes[i] = 0
            continue
        end = starts[i] + past
        is_finite = True
        for t in range(starts[i], end):
            if not np.isfinite(usage[t]):
                is_finite = False
        is_silent = True
        for t in range(max(starts[i], end - silent_days), end):
            if np.isfinite(measured[t]):
                is_silent = False
        low, high = np.inf, -np.inf
        for t in range(max(starts[i], end - flat_days), end):
            value = max(usage[t], log_floors[i])
            low, high = min(low, value), max(high, value)
        if not is_unbroken[i]:
            codes[i] = 2
        elif elapsed[i] > lengths[i]:
            codes[i] = 1
        elif not is_finite:
            codes[i] = 3
        elif is_silent:
            codes[i] = 4
        elif high <= low:
            codes[i] = 5
        if codes[i] >= 0:
            continue
        windows[i] = _longest_window(
            is_filled[end - past : end], whole[i], window_days, largest_share
        )
        if windows[i] == 0:
            codes[i] = 0


@njit(cache=True, nogil=True)
def _fill_scales(starts, past, usage, longest, scales):  # type: ignore[no-untyped-def]
    """Fill the mean absolute seasonal difference of the ``longest`` newest days."""
    for i in range(len(starts)):
        end = starts[i] + past[i]
        days = min(past[i] - WEEK_DAYS, longest)
        total = 0.0
        for t in range(end - days, end):
            total += abs(usage[t] - usage[t - WEEK_DAYS])
        if days > 0 and total > 0.0:
            scales[i] = total / days


@njit(cache=True, nogil=True)
def _fill_newest(ends, values, filled):  # type: ignore[no-untyped-def]
    """Fill each row with the values before the end of its series."""
    days = filled.shape[1]
    for i in range(len(ends)):
        first = ends[i] - days
        for t in range(days):
            filled[i, t] = values[first + t]


@dataclass(frozen=True)
class Block:
    """Block of series that share a calendar, a window and a metric.

    Attributes
    ----------
    series
        Positions in the fleet.
    calendar_id, window_days, metric
        What they share.
    is_full
        Whether the window carries every term of the calendar.
    """

    series: Integers
    calendar_id: str
    window_days: int
    metric: str
    is_full: bool


@dataclass(frozen=True)
class FittedBlock:
    """Calendar fit of a block: model input, coefficients and level shifts.

    Attributes
    ----------
    block
        Which series.
    data
        Input of the models.
    coefficients
        Of the calendar's terms, shape (series, terms).
    shift_days
        Date of the newest level shift as days since 1970-01-01, -1 without.
    """

    block: Block
    data: BlockData
    coefficients: Floats
    shift_days: Integers
