"""The loops behind `arima`: series lie side by side in lanes.

One instruction serves several lanes; a lane is left alone when its search has ended.
"""

import numpy as np
from numba import njit

START = (0.3, -0.8)
"""AR and MA of a daily load that reverts within days: where the search begins."""

SETTLING_DAYS = 20
"""First innovations, which the start at zero still shapes: none is summed."""

STEPS = 12
"""Gauss-Newton steps at most; most series need five."""

_FAST = {"reassoc", "contract", "arcp", "nsz"}
_LANES = 16
_AR_BOUNDS = (-0.95, 0.97)
_MA_BOUNDS = (-0.998, 0.95)
_LONGEST_STEP = 0.5
_TOLERANCE = 1e-3
_FLATTEST = 1e-5


@njit(cache=True, fastmath=_FAST, nogil=True)
def _innovations(differences, ar, ma, sums, last):  # type: ignore[no-untyped-def]
    """Run one block of lanes; fill the sums that a step is solved from.

    ``sums`` has rows: squares, gradient by ar and ma, the three of the Hessian.
    """
    days = differences.shape[0]
    e = np.zeros(_LANES, differences.dtype)
    by_ar = np.zeros(_LANES, differences.dtype)
    by_ma = np.zeros(_LANES, differences.dtype)
    sums[:] = 0.0
    for t in range(1, days):
        now = differences[t]
        before = differences[t - 1]
        if t < SETTLING_DAYS:
            for i in range(_LANES):
                was = e[i]
                e[i] = now[i] - ar[i] * before[i] - ma[i] * was
                by_ar[i] = -before[i] - ma[i] * by_ar[i]
                by_ma[i] = -was - ma[i] * by_ma[i]
        else:
            for i in range(_LANES):
                was = e[i]
                new = now[i] - ar[i] * before[i] - ma[i] * was
                slope_ar = -before[i] - ma[i] * by_ar[i]
                slope_ma = -was - ma[i] * by_ma[i]
                e[i] = new
                by_ar[i] = slope_ar
                by_ma[i] = slope_ma
                sums[0, i] += new * new
                sums[1, i] += new * slope_ar
                sums[2, i] += new * slope_ma
                sums[3, i] += slope_ar * slope_ar
                sums[4, i] += slope_ar * slope_ma
                sums[5, i] += slope_ma * slope_ma
    for i in range(_LANES):
        last[i] = e[i]


@njit(cache=True, fastmath=_FAST, nogil=True)
def _bounded(value, bounds):  # type: ignore[no-untyped-def]
    return min(max(value, bounds[0]), bounds[1])


@njit(cache=True, fastmath=_FAST, nogil=True)
def fill_fits(values, found, is_converged):  # type: ignore[no-untyped-def]
    """Fit every row, `_LANES` at a time.

    Columns of ``found``: ar, ma, squares, last difference, last innovation.
    """
    count, days = values.shape
    kind = values.dtype
    sums = np.zeros((6, _LANES), kind)
    last = np.zeros(_LANES, kind)
    differences = np.zeros((days - 1, _LANES), kind)
    for first in range(0, count, _LANES):
        width = min(_LANES, count - first)
        for i in range(_LANES):
            row = values[first + min(i, width - 1)]
            for t in range(days - 1):
                differences[t, i] = row[t + 1] - row[t]
        ar = np.full(_LANES, START[0], kind)
        ma = np.full(_LANES, START[1], kind)
        best = np.full((_LANES, 9), np.inf)
        damping = np.full(_LANES, 1e-3)
        ended = np.zeros(_LANES, np.bool_)
        for _ in range(STEPS + 1):
            _innovations(differences, ar, ma, sums, last)
            is_open = False
            for i in range(width):
                if ended[i]:
                    continue
                is_open = not _step(i, ar, ma, sums, last, best, damping, ended) or (
                    is_open
                )
            if not is_open:
                break
        _last_innovations(differences, best)
        for i in range(width):
            found[first + i, 0] = best[i, 0]
            found[first + i, 1] = best[i, 1]
            found[first + i, 2] = best[i, 2]
            found[first + i, 3] = differences[days - 2, i]
            found[first + i, 4] = best[i, 3]
            is_converged[first + i] = ended[i]


@njit(cache=True, fastmath=_FAST, nogil=True)
def _last_innovations(differences, best):  # type: ignore[no-untyped-def]
    """Put each lane's last innovation, filtered from an unknown start, into ``best``.

    ``ratio`` is the variance of a day's prediction over that of an innovation: large
    on the first day, 1 when the start is forgotten.
    """
    days = differences.shape[0]
    ar, ma = best[:, 0].copy(), best[:, 1].copy()
    ratio, gain = np.empty(_LANES), np.zeros(_LANES)
    for i in range(_LANES):
        growth = ar[i] + ma[i]
        ratio[i] = 1.0 + growth * growth / (1.0 - ar[i] * ar[i])
    before = np.zeros(_LANES)
    for t in range(days):
        for i in range(_LANES):
            now = differences[t, i]
            share = 1.0 / ratio[i]
            gain[i] = (now - ar[i] * before[i] - ma[i] * gain[i]) * share
            ratio[i] = 1.0 + ma[i] * ma[i] * (1.0 - share)
            before[i] = now
    for i in range(_LANES):
        best[i, 3] = gain[i]


@njit(cache=True, fastmath=_FAST, nogil=True)
def _step(i, ar, ma, sums, last, best, damping, ended):  # type: ignore[no-untyped-def]
    """Keep the point if it is better, propose the next; say whether the lane ended."""
    if sums[0, i] < best[i, 2]:
        gain = best[i, 2] - sums[0, i]
        is_small = gain <= _FLATTEST * sums[0, i]
        best[i, 0] = ar[i]
        best[i, 1] = ma[i]
        best[i, 2] = sums[0, i]
        best[i, 3] = last[i]
        for k in range(5):
            best[i, 4 + k] = sums[1 + k, i]
        damping[i] *= 0.2
        if is_small:
            ended[i] = True
    else:
        damping[i] = damping[i] * 10.0 + 1e-3
        if damping[i] > 1e6:
            ended[i] = True
    a = best[i, 6] * (1.0 + damping[i]) + 1e-30
    b = best[i, 8] * (1.0 + damping[i]) + 1e-30
    c = best[i, 7]
    determinant = max(a * b - c * c, 1e-30)
    step_ar = -(b * best[i, 4] - c * best[i, 5]) / determinant
    step_ma = -(a * best[i, 5] - c * best[i, 4]) / determinant
    longest = max(abs(step_ar), abs(step_ma))
    scale = 1.0 if longest <= _LONGEST_STEP else _LONGEST_STEP / longest
    ar[i] = _bounded(best[i, 0] + scale * step_ar, _AR_BOUNDS)
    ma[i] = _bounded(best[i, 1] + scale * step_ma, _MA_BOUNDS)
    if abs(ar[i] - best[i, 0]) + abs(ma[i] - best[i, 1]) < _TOLERANCE:
        ended[i] = True
    return ended[i]


@njit(cache=True, nogil=True)
def fill_forecasts(ar, ma, variance, level, difference, innovation, mean, sd):  # type: ignore[no-untyped-def]
    """Fill mean and sd: psi weights of the integrated process, summed and squared."""
    count, horizon = mean.shape
    for i in range(count):
        step = ar[i] * difference[i] + ma[i] * innovation[i]
        value = level[i]
        weight = 1.0
        growth = ar[i] + ma[i]
        squares = 0.0
        for k in range(horizon):
            value += step
            step *= ar[i]
            squares += weight * weight
            weight += growth
            growth *= ar[i]
            mean[i, k] = value
            sd[i, k] = np.sqrt(variance[i] * squares)
