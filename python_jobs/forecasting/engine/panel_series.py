"""A long frame as ragged series: sorted, unbroken, gaps filled from the past alone."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from python_jobs.forecasting.engine.fleet import Booleans, Integers, Strings
from python_jobs.forecasting.engine.panel_checks import (
    CALENDAR,
    METRIC,
    Frequency,
    refuse_calendars,
    refuse_columns,
    refuse_repeats,
    refuse_wild_times,
)
from python_jobs.forecasting.engine.panel_gaps import filled, missing, pulled_in
from python_jobs.forecasting.series import Floats
from python_jobs.platform.errors import InputError

SEASONS: Mapping[Frequency, tuple[int, ...]] = {"D": (7,), "h": (168, 24)}
"""Steps that a missing value is sought back by, the best first."""

LONGEST_STEPS: Mapping[Frequency, int] = {"D": 3660, "h": 2 * 8784}
"""Newest steps of a series that are used: one wild timestamp costs no memory."""

FLOOR_SHARE = 0.001
"""Floor under a logarithm, as a share of the series' largest value."""


@dataclass(frozen=True)
class PanelSeries:
    """Every series of a frame.

    Attributes
    ----------
    unique_ids, metrics, calendar_ids
        Attributes by series, shape (series,).
    starts, lengths, first_steps
        First row, number of rows, and time of the first row in steps since 1970-01-01.
        A series of nothing but missing values has length 0.
    newest_steps
        Newest time of a series in the frame, its value missing or not.
    exponents
        Power of two that the values of a series are a multiple of.
    measured, values, is_filled
        By row: what was measured or NaN, the same without gaps and beyond no bounds,
        and the gaps.
    """

    unique_ids: Strings
    metrics: Strings
    calendar_ids: Strings
    starts: Integers
    lengths: Integers
    first_steps: Integers
    newest_steps: Integers
    exponents: Integers
    measured: Floats
    values: Floats
    is_filled: Booleans

    def __len__(self) -> int:
        """Return the number of series."""
        return len(self.unique_ids)

    def of(self, position: int) -> Floats:
        """Return the values of one series, without gaps."""
        first = self.starts[position]
        return self.values[first : first + self.lengths[position]]

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
        refuse_columns(frame)
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
        refuse_repeats(codes, times, names=names, frequency=frequency)
        ends = np.flatnonzero(np.append(np.diff(codes) != 0, len(codes) > 0))
        newest_rows = ends if order is None else order[ends]
        calendars = _attribute(frame, CALENDAR, newest_rows, otherwise=calendar)
        refuse_calendars(calendars)
        refuse_wild_times(codes, times, names=names, frequency=frequency)
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
            values=pulled_in(
                *(starts, lengths),
                filled(starts, lengths, measured, seasons=seasons),
            ),
            is_filled=missing(starts, lengths, measured, week=seasons[0]),
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
    """Return each series' exponent, and values that lie between -1 and 1.

    A power of two moves no digit, so the unit of a series changes nothing.
    """
    exponents = np.zeros(len(starts), dtype=np.int64)
    has_rows = lengths > 0
    if has_rows.any():
        sizes = np.where(np.isnan(measured), 0.0, np.abs(measured))
        largest = np.maximum.reduceat(sizes, starts[has_rows])
        exponents[has_rows] = np.frexp(largest)[1]
    return exponents, np.ldexp(measured, -np.repeat(exponents, lengths))
