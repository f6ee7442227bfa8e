"""A long frame as ragged series: checked, cut, filled, winsorised, and scaled.

Gaps are filled from the past alone. The engine knows usage by its logarithm; a series
without one is handed over as the exponential of its values, brought to a width that
loses no digit.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numba import njit

from python_jobs.calendars import CALENDAR_IDS, CALENDAR_YEARS
from python_jobs.calendars.forecast_design import LARGEST_FILLED_SHARE
from python_jobs.forecasting.core.arrays import (
    Booleans,
    Floats,
    Integers,
    Strings,
    Transform,
)
from python_jobs.forecasting.core.series import RaggedSeries
from python_jobs.platform.errors import InputError, UsageError

Frequency = Literal["D", "h"]

KEY = ("unique_id", "ds")
METRIC, CALENDAR = "metric", "calendar_id"


def _check_columns(frame: pd.DataFrame) -> None:
    """Reject a frame without the columns, or with others than their types."""
    for name in (*KEY, "y"):
        if name not in frame:
            found = ", ".join(map(str, frame.columns)) or "none"
            raise InputError(
                f"the frame has no column {name}; it has {found}"
                " → name the columns unique_id, ds and y"
            )
    for name in (*KEY, "y", METRIC, CALENDAR):
        if list(frame.columns).count(name) > 1:
            raise InputError(f"the frame has column {name} twice → keep one of them")
    kind = frame["ds"].dtype
    if kind.kind != "M" or frame["ds"].dt.tz is not None:
        raise InputError(f"column ds is {kind}; expected naive datetimes → convert it")
    if frame["y"].dtype.kind not in "fiu":
        raise InputError(f"column y is {frame['y'].dtype}; expected numbers")


def _check_calendars(calendars: Strings) -> None:
    """Reject a calendar that is unknown."""
    unknown = sorted({str(each) for each in calendars} - set(CALENDAR_IDS))
    if unknown:
        raise InputError(
            f"calendar '{unknown[0]}' is unknown → {', '.join(CALENDAR_IDS)}"
        )


def _check_repeats(
    codes: Integers, times: Integers, *, names: Any, frequency: Frequency
) -> None:
    """Reject a second row for a series and step."""
    repeated = np.flatnonzero((np.diff(codes) == 0) & (np.diff(times) == 0))
    if len(repeated):
        first = repeated[0]
        step = np.datetime64(int(times[first]), frequency)
        raise InputError(
            f"unique_id {names[codes[first]]} has more than one row for {step}"
            f" ({len(repeated)} repeated in all) → one row per series and step;"
            " aggregate finer data first"
        )


def _check_times(
    codes: Integers, times: Integers, *, names: Any, frequency: Frequency
) -> None:
    """Reject a time that no calendar reaches."""
    first, after = (int(each) for each in _bounds(frequency))
    wild = np.flatnonzero((times < first) | (times >= after))
    if len(wild):
        step = np.datetime64(int(times[wild[0]]), frequency)
        raise InputError(
            f"unique_id {names[codes[wild[0]]]} has a row for {step} ({len(wild)} such"
            f" rows); expected the years {CALENDAR_YEARS[0]} to {CALENDAR_YEARS[1]}"
            " → mend the time or leave out the row"
        )


def check_horizon(
    newest_steps: Integers, horizon: int, *, frequency: Frequency
) -> None:
    """Reject a horizon further than the calendars reach.

    Raises
    ------
    UsageError
        If the horizon is no whole number or its last step lies after `CALENDAR_YEARS`.
    """
    if isinstance(horizon, bool) or not isinstance(horizon, int | np.integer):
        raise UsageError(f"horizon {horizon} → give a whole number of steps")
    after = int(_bounds(frequency)[1])
    newest = int(newest_steps.max()) if len(newest_steps) else 0
    if newest + int(horizon) >= after:
        raise UsageError(
            f"horizon {horizon} ends after the year {CALENDAR_YEARS[1]} → at most"
            f" {after - 1 - newest} steps from {np.datetime64(newest, frequency)}"
        )


def _bounds(frequency: Frequency) -> Integers:
    """Return the first step of `CALENDAR_YEARS` and the first one after them."""
    edges = np.array(
        [f"{CALENDAR_YEARS[0]}-01-01", f"{CALENDAR_YEARS[1] + 1}-01-01"],
        "datetime64[D]",
    )
    return edges.astype(f"datetime64[{frequency}]").astype(np.int64)


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


def are_gaps(
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


def winsorised(starts: Integers, lengths: Integers, values: Floats) -> Floats:
    """Winsorise extreme values: glitches, and values in a wrong unit.

    Where the newest week lies is never beyond bounds: that is a step, not a spike.

    Parameters
    ----------
    starts, lengths, values
        See `filled`; no gaps.
    """
    found = values.copy()
    may_move = np.flatnonzero(_may_be_winsorised(starts, lengths, values))
    for start, length in zip(starts[may_move], lengths[may_move], strict=True):
        own = found[start : start + length]
        lowest, highest = np.quantile(own, _INNER)
        reach = LARGEST_SPIKE * (highest - lowest)
        newest = float(np.median(own[-_NEWEST_STEPS:]))
        if reach > 0.0:
            np.clip(
                own, min(lowest - reach, newest), max(highest + reach, newest), out=own
            )
    return found


def _may_be_winsorised(starts: Integers, lengths: Integers, values: Floats) -> Booleans:
    """Preselect the series that may need winsorising: quantiles take long.

    When more than a hundredth of the values lie on either side of the middle tenth of
    the range, the inner 98 percent span that tenth, and ten widths reach every value.
    """
    may_move = lengths > 0
    if not may_move.any():
        return may_move
    firsts = starts[may_move]
    lowest = np.minimum.reduceat(values, firsts)
    width = np.maximum.reduceat(values, firsts) - lowest
    enough = _INNER[0] * lengths[may_move] + 2
    is_wide = width > 0.0
    for share, is_beyond in zip(
        _MIDDLE, (np.less_equal, np.greater_equal), strict=True
    ):
        bounds = np.repeat(lowest + share * width, lengths[may_move])
        beyond = np.add.reduceat(is_beyond(values, bounds), firsts, dtype=np.int64)
        is_wide &= beyond >= enough
    may_move[may_move] = ~is_wide
    return may_move


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


SEASONS: Mapping[Frequency, tuple[int, ...]] = {"D": (7,), "h": (168, 24)}
"""Steps that a missing value is sought back by, the best first."""

LONGEST_STEPS: Mapping[Frequency, int] = {"D": 3660, "h": 2 * 8784}
"""Newest steps of a series that are used: one wild timestamp costs no memory."""

FLOOR_SHARE = 0.001
"""Floor under a logarithm, as a share of the series' largest value."""


@dataclass(frozen=True, kw_only=True)
class PanelSeries(RaggedSeries):
    """Every series of a frame; one of nothing but missing values has length 0.

    Attributes
    ----------
    unique_ids
        By series, shape (series,).
    newest_steps
        Newest time of a series in the frame, its value missing or not.
    exponents
        Power of two that the values of a series are a multiple of.
    """

    unique_ids: Strings
    newest_steps: Integers
    exponents: Integers

    @classmethod
    def cut(
        cls, frame: pd.DataFrame, *, frequency: Frequency, calendar: str
    ) -> "PanelSeries":
        """Cut a long frame into series.

        Parameters
        ----------
        frame
            unique_id, ds and y in any order of rows; metric and calendar_id if known.
        frequency
            Length of a step.
        calendar
            Of the series where the frame has no calendar_id.

        Raises
        ------
        InputError
            If a column or time is missing, a key comes twice, a calendar is unknown
            or a time lies outside of `CALENDAR_YEARS`.
        """
        _check_columns(frame)
        codes, names = pd.factorize(frame["unique_id"], sort=True)
        steps = frame["ds"].to_numpy().astype(f"datetime64[{frequency}]")
        if (codes < 0).any() or np.isnat(steps).any():
            raise InputError(
                "the frame has rows without unique_id or ds → leave them out"
            )
        times = steps.astype(np.int64)
        measured = frame["y"].to_numpy(dtype=np.float64)
        order = _order(codes, times)
        if order is not None:
            codes, times, measured = codes[order], times[order], measured[order]
        _check_repeats(codes, times, names=names, frequency=frequency)
        ends = np.flatnonzero(np.append(np.diff(codes) != 0, len(codes) > 0))
        newest_rows = ends if order is None else order[ends]
        calendars = _attribute(frame, CALENDAR, newest_rows, otherwise=calendar)
        _check_calendars(calendars)
        _check_times(codes, times, names=names, frequency=frequency)
        starts, lengths, first_steps, measured = _ragged(
            codes, times, measured, longest=LONGEST_STEPS[frequency]
        )
        exponents, measured = _in_powers_of_two(starts, lengths, measured)
        seasons = SEASONS[frequency]
        return cls(
            unique_ids=np.asarray(names, dtype=object),
            metrics=_attribute(frame, METRIC, newest_rows, otherwise=""),
            calendar_ids=calendars,
            starts=starts,
            lengths=lengths,
            first_steps=first_steps,
            newest_steps=times[ends],
            exponents=exponents,
            measured=measured,
            values=winsorised(
                *(starts, lengths),
                filled(starts, lengths, measured, seasons=seasons),
            ),
            is_filled=are_gaps(starts, lengths, measured, week=seasons[0]),
        )


def _order(codes: Integers, times: Integers) -> Integers | None:
    """Return the order by series and time; None when rows are in it."""
    change = np.diff(codes)
    is_sorted = (change > 0) | ((change == 0) & (np.diff(times) >= 0))
    return None if is_sorted.all() else np.lexsort((times, codes))


def _attribute(
    frame: pd.DataFrame, name: str, rows: Integers, *, otherwise: str
) -> Strings:
    if name not in frame:
        return np.full(len(rows), otherwise, dtype=object)
    found = frame[name].iloc[rows].astype(object)
    return found.where(found.notna() & found.ne(""), otherwise).to_numpy()


def _ragged(
    codes: Integers, times: Integers, measured: Floats, *, longest: int
) -> tuple[Integers, Integers, Integers, Floats]:
    """Return starts, lengths, first steps and values with a row for every step."""
    measured = np.where(np.isfinite(measured), measured, np.nan)
    count = int(codes[-1]) + 1 if len(codes) else 0
    ends = np.searchsorted(codes, np.arange(count), side="right") - 1
    newest = times[ends]
    is_known = np.isfinite(measured) & (times > newest[codes] - longest)
    first = newest + 1
    known_codes, firsts = np.unique(codes[is_known], return_index=True)
    first[known_codes] = times[is_known][firsts]
    lengths = newest - first + 1
    starts = np.cumsum(lengths) - lengths
    values = np.full(int(lengths.sum()), np.nan)
    rows = starts[codes] + times - first[codes]
    values[rows[is_known]] = measured[is_known]
    return starts, lengths, first, values


def _in_powers_of_two(
    starts: Integers, lengths: Integers, measured: Floats
) -> tuple[Integers, Floats]:
    """Scale each series by a power of two into -1 to 1; return exponents too.

    A power of two moves no digit, so the unit of a series changes nothing.
    """
    exponents = np.zeros(len(starts), dtype=np.int64)
    has_rows = lengths > 0
    if has_rows.any():
        sizes = np.where(np.isnan(measured), 0.0, np.abs(measured))
        largest = np.maximum.reduceat(sizes, starts[has_rows])
        exponents[has_rows] = np.frexp(largest)[1]
    return exponents, np.ldexp(measured, -np.repeat(exponents, lengths))


LARGEST_ZERO_SHARE = 0.05
"""A series with more values under its floor than that is no multiple of a level."""

_WIDTH = 10.0
_LINEAR_FLOOR = 1e-9


def transform_of(series: PanelSeries, *, has_logs: bool) -> Transform:
    """Return the transformation of each series: logarithm if possible, else none.

    They are possible where a series is positive but for a few zeros.
    """
    lowest, highest = _ranges(series)
    width = (highest - lowest) / (2.0 * _WIDTH)
    floor = np.maximum(np.abs(highest), 1e-300) * FLOOR_SHARE
    is_log = np.zeros(len(series), dtype=np.bool_)
    if has_logs:
        rows = np.repeat(np.arange(len(series)), series.lengths)
        is_low = series.values <= floor[rows]
        low = np.bincount(rows, weights=is_low, minlength=len(series))
        is_log = low <= LARGEST_ZERO_SHARE * np.maximum(series.lengths, 1)
        is_log &= (lowest >= 0.0) & (highest > 0.0)
    middle = (lowest + highest) / 2.0
    return Transform(is_log, middle, np.where(width > 0.0, width, 1.0), floor)


def engine_usage(series: PanelSeries, transform: Transform) -> tuple[Floats, Floats]:
    """Map values to a positive usage whose logarithm the engine models; with floors.

    The engine knows usage by its logarithm: a series without one is handed over as
    the exponential of its values, brought to a width that loses no digit.
    """
    is_log, middle, width, floor = (
        np.asarray(each)
        for each in (
            transform.is_log,
            transform.middle,
            transform.width,
            transform.floor,
        )
    )
    if is_log.all():
        return series.values, floor
    rows = np.repeat(np.arange(len(series)), series.lengths)
    scaled = (series.values - middle[rows]) / width[rows]
    usage = np.where(is_log[rows], series.values, np.exp(scaled))
    return usage, np.where(is_log, floor, _LINEAR_FLOOR)


def _ranges(series: PanelSeries) -> tuple[Floats, Floats]:
    """Return smallest and largest value of each series, 0 without any."""
    lowest, highest = np.zeros(len(series)), np.zeros(len(series))
    has_rows = series.lengths > 0
    if has_rows.any():
        starts = series.starts[has_rows]
        lowest[has_rows] = np.minimum.reduceat(series.values, starts)
        highest[has_rows] = np.maximum.reduceat(series.values, starts)
    return lowest, highest
