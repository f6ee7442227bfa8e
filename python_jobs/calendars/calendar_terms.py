"""The terms of the calendar design, day by day, for a table that is in no warehouse.

This is the Python side of ``int_calendar_terms``; a test holds the two equal.
"""

from datetime import date

import numpy as np
from numpy.typing import NDArray

from python_jobs.calendar_weights import TERMS
from python_jobs.calendars.business_calendar import calendar_days

FIRST_TREND_DAY = np.datetime64("2020-01-01", "D")
DAYS_OF_YEAR = 365.25
_WAVE_DIGITS = 12


def calendar_terms(calendar_id: str, *, first: date, last: date) -> NDArray[np.float64]:
    """Return the terms of consecutive days, shape (days, terms), ordered as `TERMS`.

    Parameters
    ----------
    calendar_id
        See `business_calendar.holiday_names`.
    first, last
        Range of dates, both included.
    """
    days = calendar_days(calendar_id, first=first, last=last)
    dates = days["calendar_date"].to_numpy().astype("datetime64[D]")
    years = (dates - FIRST_TREND_DAY).astype(np.float64) / DAYS_OF_YEAR
    weekdays = days["calendar_date"].dt.day_of_week.to_numpy() + 1
    columns = {"constant": np.ones(len(days)), "trend": years}
    columns |= {f"weekday_{day}": weekdays == day for day in range(2, 8)}
    for k in (1, 2, 3):
        columns[f"annual_sin_{k}"] = np.sin(2 * k * np.pi * years).round(_WAVE_DIGITS)
        columns[f"annual_cos_{k}"] = np.cos(2 * k * np.pi * years).round(_WAVE_DIGITS)
    columns |= {
        "eoq_window": days["is_eoq_window"].to_numpy(),
        "eoq_progress": days["eoq_progress"].to_numpy(),
        "quarter_last_5": days["is_quarter_last_5"].to_numpy(),
        "quarter_last_10": days["is_quarter_last_10"].to_numpy(),
        "first_five": days["is_first_five_business_days"].to_numpy(),
        "month_end": days["is_month_end"].to_numpy(),
        "holiday": days["is_holiday"].to_numpy(),
    }
    return np.column_stack([columns[term].astype(np.float64) for term in TERMS])
