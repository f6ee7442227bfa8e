"""The calendar design, day by day, and its least squares.

`calendar_terms` is the Python side of ``int_calendar_terms``, for a table that is in no
warehouse; a test holds the two equal.
"""

from datetime import date

import numpy as np
from numpy.typing import NDArray

from python_jobs import calendars
from python_jobs.calendars.forecast_design import (
    FIRST_TREND_DAY,
    LEVEL_TERMS,
    TERMS,
    YEAR_DAYS,
)

HARMONICS = (1, 2, 3)
"""Annual waves that a backtest chooses from: how many of the first are used."""

_WAVE_DIGITS = 12

# Singular values below this share of the largest are rounding, not information: two
# terms that coincide in a window share their weight.
_RELATIVE_CUTOFF = 1e-10


def calendar_terms(calendar_id: str, *, first: date, last: date) -> NDArray[np.float64]:
    """Return the terms of consecutive days, shape (days, terms), ordered as `TERMS`.

    Parameters
    ----------
    calendar_id
        See `business_calendar.holiday_names`.
    first, last
        Range of dates, both included.
    """
    days = calendars.calendar_days(calendar_id, first=first, last=last)
    dates = days["calendar_date"].to_numpy().astype("datetime64[D]")
    years = (dates.astype(np.int64) - FIRST_TREND_DAY) / YEAR_DAYS
    weekdays = days["calendar_date"].dt.day_of_week.to_numpy() + 1
    columns = {"constant": np.ones(len(days)), "trend": years}
    columns |= {f"weekday_{day}": weekdays == day for day in range(2, 8)}
    for k in HARMONICS:
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


def used_terms(*, is_full: bool, harmonics: int = HARMONICS[-1]) -> list[int]:
    """Return the positions of the terms that a window carries.

    A window that has seen no year twice carries level, weekdays and holidays only;
    trend and quarter ends made it worse (error 8.6 against 3.5).
    """
    left_out = {
        f"annual_{wave}_{k}" for k in HARMONICS[harmonics:] for wave in ("sin", "cos")
    }
    return [
        k
        for k, term in enumerate(TERMS)
        if (is_full and term not in left_out) or term in LEVEL_TERMS
    ]


def projection(terms: NDArray[np.float64], *, used: list[int]) -> NDArray[np.float64]:
    """Return the pseudo-inverse of a design, shape (terms, days).

    Least squares on the logarithms of usage is ``projection @ log_usage``. Rows of
    unused terms are 0; a term without variation in the window gets weight 0 by the
    pseudo-inverse (minimum norm).

    Parameters
    ----------
    terms
        Of consecutive days, shape (days, terms), in the order of `TERMS`.
    used
        Positions of the terms that the window carries.
    """
    weights = np.zeros(terms.shape[::-1])
    weights[used] = np.linalg.pinv(terms[:, used], rcond=_RELATIVE_CUTOFF)
    return weights
