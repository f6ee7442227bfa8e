"""What models are given for what was measured: no gap, and no spike without bounds."""

import numpy as np
from numba import njit

from python_jobs.forecasting.calendar_fit import LARGEST_FILLED_SHARE
from python_jobs.forecasting.engine.fleet import Booleans, Integers
from python_jobs.forecasting.series import Floats

_INNER = (0.01, 0.99)
_NEWEST_STEPS = 7

PAST_SEASONS = 4
"""Seasons that a missing value is sought back by."""

LARGEST_CLOSED_SHARE = 0.1
"""A time of the week measured no more often is one that the series does not have."""

LARGEST_SPIKE = 10.0
"""Furthest a value may lie beyond the inner 98 percent, in widths of those."""

_MIDDLE = (0.45, 0.55)
"""Places in the range of a series: a tenth of it apart, as `LARGEST_SPIKE` asks."""


def filled(
    starts: Integers, lengths: Integers, measured: Floats, *, seasons: tuple[int, ...]
) -> Floats:
    """Return values without gaps.

    A gap takes the median of the same time in past seasons, as far as it was measured
    there. A time that never was (the weekend of a share price) takes the value before,
    and a gap longer than a season repeats the season before it.

    Parameters
    ----------
    starts, lengths
        First row and number of rows by series; a first row is always measured.
    measured
        By row, NaN for nothing.
    seasons
        Steps after which a pattern comes again, the best first, the shortest last.
    """
    values = measured.copy()
    _fill(starts, lengths, np.array(seasons), measured, values)
    return values


def missing(
    starts: Integers, lengths: Integers, measured: Floats, *, week: int
) -> Booleans:
    """Return which rows lack a value that their series usually has.

    Times of the week at which a series never is measured are no gap: a price has no
    weekend, a car park no night.

    Parameters
    ----------
    starts, lengths, measured
        See `filled`.
    week
        Steps of a week.
    """
    is_missing = np.isnan(measured)
    for start, length in zip(starts, lengths, strict=True):
        rows = is_missing[start : start + length]
        if rows.mean() <= LARGEST_FILLED_SHARE if length else True:
            continue
        slots = np.arange(length) % week
        counts = np.bincount(slots, minlength=week)
        known = np.bincount(slots, weights=~rows, minlength=week)
        share = known / np.maximum(counts, 1)
        if share.max() >= 1.0 - LARGEST_FILLED_SHARE:
            rows &= (share > LARGEST_CLOSED_SHARE)[slots]
    return is_missing


def pulled_in(starts: Integers, lengths: Integers, values: Floats) -> Floats:
    """Return values without those that would drown all others: a glitch, a wrong unit.

    Where the newest week lies is never beyond bounds: that is a step, not a spike.

    Parameters
    ----------
    starts, lengths, values
        See `filled`; no gaps.
    """
    found = values.copy()
    may_spike = np.flatnonzero(_may_spike(starts, lengths, values))
    for start, length in zip(starts[may_spike], lengths[may_spike], strict=True):
        own = found[start : start + length]
        lowest, highest = np.quantile(own, _INNER)
        reach = LARGEST_SPIKE * (highest - lowest)
        newest = float(np.median(own[-_NEWEST_STEPS:]))
        if reach > 0.0:
            np.clip(
                own, min(lowest - reach, newest), max(highest + reach, newest), out=own
            )
    return found


def _may_spike(starts: Integers, lengths: Integers, values: Floats) -> Booleans:
    """Return the series whose quantiles have to be looked at, which takes long.

    When more than a hundredth of the values lie on either side of the middle tenth of
    the range, the inner 98 percent span that tenth, and ten widths reach every value.
    """
    may_spike = lengths > 0
    if not may_spike.any():
        return may_spike
    firsts = starts[may_spike]
    lowest = np.minimum.reduceat(values, firsts)
    width = np.maximum.reduceat(values, firsts) - lowest
    enough = _INNER[0] * lengths[may_spike] + 2
    is_wide = width > 0.0
    for share, is_beyond in zip(
        _MIDDLE, (np.less_equal, np.greater_equal), strict=True
    ):
        bounds = np.repeat(lowest + share * width, lengths[may_spike])
        beyond = np.add.reduceat(is_beyond(values, bounds), firsts, dtype=np.int64)
        is_wide &= beyond >= enough
    may_spike[may_spike] = ~is_wide
    return may_spike


@njit(cache=True, nogil=True)
def _fill(starts, lengths, seasons, measured, values):  # type: ignore[no-untyped-def]
    found = np.empty(PAST_SEASONS)
    for i in range(len(starts)):
        gap = 0
        for t in range(starts[i], starts[i] + lengths[i]):
            if not np.isnan(measured[t]):
                gap = 0
                continue
            gap += 1
            count = 0
            for season in seasons:
                for k in range(1, PAST_SEASONS + 1):
                    past = t - k * season
                    if past >= starts[i] and not np.isnan(measured[past]):
                        found[count] = measured[past]
                        count += 1
                if count:
                    break
            if count:
                values[t] = np.median(found[:count])
            elif gap <= seasons[-1]:
                values[t] = values[t - 1]
            elif t - seasons[0] >= starts[i]:
                values[t] = values[t - seasons[0]]
            else:
                values[t] = values[t - seasons[-1]]
