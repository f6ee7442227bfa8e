"""The loops behind `Fleet`, over the rows of every series."""

import numpy as np
from numba import njit

from python_jobs.forecasting.backtest import SCALE_DAYS
from python_jobs.forecasting.calendar_fit import LARGEST_FILLED_SHARE
from python_jobs.forecasting.guards import FLAT_DAYS, LARGEST_SILENT_DAYS
from python_jobs.forecasting.series import WEEK_DAYS


@njit(cache=True, nogil=True)
def fill_windows(  # type: ignore[no-untyped-def]  # noqa: PLR0912 - one branch a rule
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
    windows,
    codes,
):
    """Fill each series' longest well-filled window, and its code where none is.

    Codes: -1 usable, then positions in the reasons of `Fleet.look_back`. ``elapsed``
    counts the days from a series' first to the origin, ``whole`` those of its
    calendar's design.
    """
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
        for t in range(max(starts[i], end - LARGEST_SILENT_DAYS), end):
            if np.isfinite(measured[t]):
                is_silent = False
        low, high = np.inf, -np.inf
        for t in range(max(starts[i], end - FLAT_DAYS), end):
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
        best, filled = 0, 0
        for days in range(1, min(past, whole[i]) + 1):
            filled += is_filled[end - days]
            if filled > LARGEST_FILLED_SHARE * days:
                continue
            if days >= window_days[0] and (days == whole[i] or days in window_days):
                best = days
        windows[i] = best
        if best == 0:
            codes[i] = 0


@njit(cache=True, nogil=True)
def fill_scales(starts, past, usage, scales):  # type: ignore[no-untyped-def]
    """Fill the mean change from week to week of the newest of ``past`` days."""
    for i in range(len(starts)):
        end = starts[i] + past[i]
        days = min(past[i] - WEEK_DAYS, SCALE_DAYS)
        total = 0.0
        for t in range(end - days, end):
            total += abs(usage[t] - usage[t - WEEK_DAYS])
        if days > 0 and total > 0.0:
            scales[i] = total / days


@njit(cache=True, nogil=True)
def fill_newest(ends, values, filled):  # type: ignore[no-untyped-def]
    """Fill each row with the values before the end of its series."""
    days = filled.shape[1]
    for i in range(len(ends)):
        first = ends[i] - days
        for t in range(days):
            filled[i, t] = values[first + t]
