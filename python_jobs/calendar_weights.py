"""Projection weights of the calendar design: what makes the forecast plain SQL.

All series of a calendar share one design matrix X (days by terms), so each coefficient
of least squares is a weighted sum of the series' logarithms, beta = pinv(X) log y. This
job solves for pinv(X) from the dates alone; SQL does the rest.

Reads
-----
feat_calendar_weights
    One row per calendar and date: the terms ``x_<term>``, ``is_history``, and
    ``origin_number`` on the days that forecasts start from.

Writes
------
ml.calendar_weights
    One row per calendar, origin, history window and date: the weights ``w_<term>``, 0
    for a term that the window does not use.
"""

from collections.abc import Iterator, Mapping
from datetime import date

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from python_jobs.calendars.calendar_terms import projection, used_terms
from python_jobs.calendars.forecast_design import (
    FIRST_FULL_WINDOW_DAYS,
    TERMS,
    WINDOW_DAYS,
)
from python_jobs.forecasting.features import FEATURES
from python_jobs.platform.errors import InputError
from python_jobs.platform.progress import Task
from python_jobs.store.contracts import Column, FrameContract

NAME = "calendar_weights"

READS = {"feat_calendar_weights": FEATURES["feat_calendar_weights"]}
WRITES = {
    "ml.calendar_weights": FrameContract(
        columns={
            "calendar_id": Column("string"),
            "origin_number": Column("integer", minimum=0),
            "origin_date": Column("date"),
            "window_days": Column("integer", minimum=WINDOW_DAYS[0]),
            "weight_date": Column("date"),
            **{f"w_{term}": Column("number") for term in TERMS},
        },
        key=("calendar_id", "origin_number", "window_days", "weight_date"),
        # a fleet with under 28 days has no window yet; the weekday mean serves it
        may_be_empty=True,
    )
}


def run(
    frames: Mapping[str, pd.DataFrame],
    *,
    as_of_date: date,  # noqa: ARG001 - the frame carries every date
    options: object,  # noqa: ARG001 - nothing to choose
    progress: Task,
) -> dict[str, pd.DataFrame]:
    """Solve the shared least-squares problem of every calendar, origin and window.

    Parameters
    ----------
    frames
        ``feat_calendar_weights``: days by terms, consecutive days per calendar.
    as_of_date, options
        Not used.
    progress
        Counts the calendars.

    Returns
    -------
    dict
        ``ml.calendar_weights``: one row per calendar, origin, window and date.

    Raises
    ------
    InputError
        If a calendar lacks a day between its first and its last.
    """
    days = frames["feat_calendar_weights"]
    calendar_ids = list(dict.fromkeys(days["calendar_id"]))
    solved: list[pd.DataFrame] = []
    progress.set_total(len(calendar_ids))
    for calendar_id in calendar_ids:
        calendar_days = days[days["calendar_id"] == calendar_id]
        _refuse_missing_days(calendar_days, calendar_id=calendar_id)
        # matrices this thin cost more to share between threads than to solve
        with threadpool_limits(limits=1, user_api="blas"):
            solved.extend(_solved_windows(calendar_days, calendar_id=calendar_id))
        progress.advance(detail=calendar_id)
    columns = list(WRITES["ml.calendar_weights"].columns)
    weights = pd.concat(solved) if solved else pd.DataFrame(columns=columns)
    return {"ml.calendar_weights": weights[columns].reset_index(drop=True)}


def _refuse_missing_days(days: pd.DataFrame, *, calendar_id: str) -> None:
    """Refuse a calendar with a hole: the weights of a window need each of its days."""
    dates = days["calendar_date"]
    after_hole = dates[dates.diff() > pd.Timedelta(days=1)]
    if not after_hole.empty:
        before = (after_hole.iloc[0] - pd.Timedelta(days=1)).date()
        raise InputError(
            f"feat_calendar_weights calendar {calendar_id} has no row for {before}:"
            " expected every day from the first to the last → build"
            " int_calendar_days and the feature again"
        )


def _solved_windows(days: pd.DataFrame, *, calendar_id: str) -> Iterator[pd.DataFrame]:
    """Yield the weights of one calendar, window by window."""
    history = days[days["is_history"]].reset_index(drop=True)
    design = history[[f"x_{term}" for term in TERMS]].to_numpy(dtype=np.float64)
    dates = history["calendar_date"]
    for position, origin_number in enumerate(history["origin_number"]):
        if pd.isna(origin_number):
            continue
        past_days = position + 1
        for window_days in _window_lengths(past_days):
            rows = slice(past_days - window_days, past_days)
            used = used_terms(is_full=window_days >= FIRST_FULL_WINDOW_DAYS)
            weights = projection(design[rows], used=used).T
            yield pd.DataFrame(
                {
                    "calendar_id": calendar_id,
                    "origin_number": int(origin_number),
                    "origin_date": dates.iloc[position],
                    "window_days": window_days,
                    "weight_date": dates.iloc[rows].to_numpy(),
                    **{f"w_{term}": weights[:, k] for k, term in enumerate(TERMS)},
                }
            )


def _window_lengths(past_days: int) -> list[int]:
    """Return the windows that a history of so many days fills, and the whole of it."""
    if past_days < WINDOW_DAYS[0]:
        return []
    return [*(days for days in WINDOW_DAYS if days < past_days), past_days]
