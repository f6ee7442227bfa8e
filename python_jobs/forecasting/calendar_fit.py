"""What the calendar explains of the logarithm of the usage, for all series at once.

All series of a calendar share one design, so one least-squares solve per history
window serves them all: coefficients are projection weights times log usage. Candidates
are fitted on what is left. The weights are those of the SQL forecast.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from python_jobs.calendar_weights import TERMS, WINDOW_DAYS, projection_weights
from python_jobs.forecasting.series import ONE_DAY, Days, Floats, UsageSeries
from python_jobs.platform.errors import InputError

LARGEST_FILLED_SHARE = 0.25
"""With more filled days a window says little: the next shorter one is used."""


@dataclass(frozen=True)
class CalendarDesign:
    """Terms of one calendar, day by day.

    Attributes
    ----------
    days
        Consecutive dates, from the fleet's first measured day to the horizon's end.
    terms
        Shape (days, terms), in the order of `TERMS`.
    """

    days: Days
    terms: Floats

    def rows(self, first: np.datetime64, *, day_count: int) -> Floats:
        """Return the terms of `day_count` days from `first` on."""
        start = int((first - self.days[0]) / ONE_DAY)
        return self.terms[start : start + day_count]


@dataclass(frozen=True)
class CalendarFit:
    """One series' share of the calendar at one origin.

    Attributes
    ----------
    window_days
        Days of history that the coefficients were solved on.
    residuals
        Log usage less what the calendar explains, over the window, shape (days,).
    explained
        What the calendar explains of the days ahead, log usage, shape (horizon,).
    """

    window_days: int
    residuals: Floats
    explained: Floats


def calendar_designs(feature_rows: pd.DataFrame) -> dict[str, CalendarDesign]:
    """Return the design of each calendar in ``feat_calendar_weights``.

    Raises
    ------
    InputError
        If a calendar lacks a day between its first and its last.
    """
    columns = [f"x_{term}" for term in TERMS]
    designs: dict[str, CalendarDesign] = {}
    for calendar_id, rows in feature_rows.groupby("calendar_id", sort=True):
        days = rows["calendar_date"].to_numpy().astype("datetime64[D]")
        late = np.flatnonzero(np.diff(days) != ONE_DAY)
        if len(late):
            raise InputError(
                f"feat_calendar_weights: calendar_id {calendar_id} has no day after"
                f" {days[late[0]]}; expected consecutive dates → build the features"
                " again with `capacity build`"
            )
        designs[str(calendar_id)] = CalendarDesign(
            days=days, terms=rows[columns].to_numpy(dtype=np.float64)
        )
    return designs


def longest_window(
    series: UsageSeries, *, origin_date: np.datetime64, first_day: np.datetime64
) -> int | None:
    """Return the longest history window that the series fills at the origin.

    Parameters
    ----------
    series
        Unbroken up to the origin.
    origin_date
        Last day that may be seen.
    first_day
        First day of the calendar's design: the whole history is a window too.

    Returns
    -------
    int or None
        Days; None when the history is shorter than the shortest window, or too much
        of each window was filled in.
    """
    is_filled = series.is_filled[series.past(origin_date)]
    whole_days = int((origin_date - first_day) / ONE_DAY) + 1
    for window_days in sorted({*WINDOW_DAYS, whole_days}, reverse=True):
        if not WINDOW_DAYS[0] <= window_days <= min(len(is_filled), whole_days):
            continue
        if is_filled[-window_days:].mean() <= LARGEST_FILLED_SHARE:
            return window_days
    return None


def fit_calendar(
    series: Sequence[UsageSeries],
    *,
    designs: Mapping[str, CalendarDesign],
    origin_date: np.datetime64,
    horizon_days: int,
) -> dict[tuple[str, str], CalendarFit]:
    """Solve for the coefficients of every series and return what is left.

    Parameters
    ----------
    series
        Unbroken series that reach the origin.
    designs
        By calendar.
    origin_date
        Last day that may be seen.
    horizon_days
        Days ahead.

    Returns
    -------
    dict
        By (server, metric); without the series that fill no window.
    """
    alike: defaultdict[tuple[str, int], list[UsageSeries]] = defaultdict(list)
    for each in series:
        window_days = longest_window(
            each,
            origin_date=origin_date,
            first_day=designs[each.calendar_id].days[0],
        )
        if window_days is not None:
            alike[each.calendar_id, window_days].append(each)
    fits: dict[tuple[str, str], CalendarFit] = {}
    for (calendar_id, window_days), group in sorted(alike.items()):
        first = origin_date - (window_days - 1) * ONE_DAY
        terms = designs[calendar_id].rows(first, day_count=window_days + horizon_days)
        fits |= _fit_group(
            group, terms=terms, origin_date=origin_date, window_days=window_days
        )
    return fits


def _fit_group(
    group: Sequence[UsageSeries],
    *,
    terms: Floats,
    origin_date: np.datetime64,
    window_days: int,
) -> dict[tuple[str, str], CalendarFit]:
    """Solve for the series of one calendar and window: one product for them all."""
    log_usage = np.column_stack(
        [each.log_usage(origin_date)[-window_days:] for each in group]
    )
    past_terms = terms[:window_days]
    # matrices this thin cost more to share between threads than to solve
    with threadpool_limits(limits=1, user_api="blas"):
        coefficients = projection_weights(past_terms).T @ log_usage
        residuals = log_usage - past_terms @ coefficients
        explained = terms[window_days:] @ coefficients
    return {
        each.key: CalendarFit(
            window_days=window_days,
            residuals=residuals[:, column].copy(),
            explained=explained[:, column].copy(),
        )
        for column, each in enumerate(group)
    }
