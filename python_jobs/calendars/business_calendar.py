"""Business calendars of banks: holidays, business days, month and quarter ends.

This is the Python side of the one calendar definition; the model ``int_calendar_days``
is the SQL side, and a test holds them equal day by day.
"""

from datetime import date, timedelta
from functools import lru_cache

import holidays
import numpy as np
import pandas as pd

from python_jobs.calendars import CALENDAR_IDS
from python_jobs.calendars.forecast_design import EOQ_BUSINESS_DAYS

FREEZE_MONTH_DAYS = (1215, 102)
"""The year-end freeze: from 15 December to 2 January, as 100 * month + day."""


@lru_cache(maxsize=64)
def _holidays_of_year(calendar_id: str, year: int) -> tuple[tuple[date, str], ...]:
    """Return the bank holidays of one year, sorted by date."""
    if calendar_id == "uk_bank":
        found = holidays.country_holidays("GB", subdiv="ENG", years=year)
        return tuple(sorted(found.items()))
    civil = holidays.country_holidays("US", years=year, observed=False)
    return tuple(sorted(_federal_reserve_day(day, name) for day, name in civil.items()))


def _federal_reserve_day(day: date, name: str) -> tuple[date, str]:
    """Move a Sunday holiday to Monday; the Federal Reserve leaves a Saturday one."""
    if day.isoweekday() == 7:
        return day + timedelta(days=1), f"{name} (observed)"
    return day, name


def holiday_names(calendar_id: str, *, first: date, last: date) -> dict[date, str]:
    """Return the bank holidays of a calendar, in order of date.

    Parameters
    ----------
    calendar_id
        ``us_bank``: days on which the Federal Reserve is closed. A Saturday holiday is
        not moved to Friday, a Sunday one moves to Monday. ``uk_bank``: bank holidays of
        England, substitute days included.
    first, last
        Range of dates, both included.

    Raises
    ------
    ValueError
        If the calendar is unknown.
    """
    if calendar_id not in CALENDAR_IDS:
        raise ValueError(
            f"calendar '{calendar_id}' is unknown; known are {', '.join(CALENDAR_IDS)}"
        )
    return {
        day: name
        for year in range(first.year, last.year + 1)
        for day, name in _holidays_of_year(calendar_id, year)
        if first <= day <= last
    }


def calendar_days(
    calendar_id: str,
    *,
    first: date,
    last: date,
    eoq_business_days: int = EOQ_BUSINESS_DAYS,
) -> pd.DataFrame:
    """Return one row per date with everything the calendar knows of it.

    Parameters
    ----------
    calendar_id
        See `holiday_names`.
    first, last
        Range of dates, both included.
    eoq_business_days
        Business days in the end-of-quarter window.

    Returns
    -------
    pandas.DataFrame
        calendar_id, calendar_date (datetime64[us]), is_weekend, is_holiday,
        holiday_name (null when none), is_business_day, business_day_of_month (Int64,
        null on other days), quarter_end_date, days_to_quarter_end, is_eoq_window,
        eoq_progress (0 outside, 1 on the quarter end date), is_quarter_last_5,
        is_quarter_last_10, is_first_five_business_days, is_month_end,
        is_year_end_freeze.
    """
    # whole quarters, so that the first and the last one count their business days right
    dates = pd.date_range(
        pd.Timestamp(first).to_period("Q").start_time,
        pd.Timestamp(last).to_period("Q").end_time.normalize(),
        unit="us",
    )
    names = holiday_names(calendar_id, first=dates[0].date(), last=dates[-1].date())
    days = pd.DataFrame({"calendar_id": calendar_id, "calendar_date": dates})
    days["is_weekend"] = dates.day_of_week >= 5
    found = [names.get(day.date()) for day in dates]
    days["holiday_name"] = pd.Series(found, dtype="str")
    days["is_holiday"] = days["holiday_name"].notna()
    days["is_business_day"] = ~(days["is_weekend"] | days["is_holiday"])
    _add_month_columns(days)
    _add_quarter_columns(days, eoq_business_days=eoq_business_days)
    month_day = dates.month * 100 + dates.day
    days["is_year_end_freeze"] = (month_day >= FREEZE_MONTH_DAYS[0]) | (
        month_day <= FREEZE_MONTH_DAYS[1]
    )
    inside = (dates >= pd.Timestamp(first)) & (dates <= pd.Timestamp(last))
    return days.loc[inside, list(COLUMNS)].reset_index(drop=True)


COLUMNS = (
    "calendar_id",
    "calendar_date",
    "is_weekend",
    "is_holiday",
    "holiday_name",
    "is_business_day",
    "business_day_of_month",
    "quarter_end_date",
    "days_to_quarter_end",
    "is_eoq_window",
    "eoq_progress",
    "is_quarter_last_5",
    "is_quarter_last_10",
    "is_first_five_business_days",
    "is_month_end",
    "is_year_end_freeze",
)


def _add_month_columns(days: pd.DataFrame) -> None:
    """Add the columns that count business days of a month."""
    month = days["calendar_date"].dt.to_period("M")
    number = days["is_business_day"].groupby(month).cumsum()
    business_day = number.where(days["is_business_day"]).astype("Int64")
    days["business_day_of_month"] = business_day
    fifth = _last_date(days, month, business_day.eq(5).fillna(False))
    days["is_first_five_business_days"] = days["calendar_date"] <= fifth
    last_business_day = _last_date(days, month, days["is_business_day"])
    days["is_month_end"] = days["calendar_date"] >= last_business_day


def _add_quarter_columns(days: pd.DataFrame, *, eoq_business_days: int) -> None:
    """Add the columns that count business days back from the quarter end."""
    quarter = days["calendar_date"].dt.to_period("Q")
    end = quarter.dt.end_time.dt.normalize().astype("datetime64[us]")
    days["quarter_end_date"] = end
    days["days_to_quarter_end"] = (end - days["calendar_date"]).dt.days
    is_business_day = days["is_business_day"]
    left = is_business_day[::-1].groupby(quarter[::-1]).cumsum()[::-1]

    def window_start(count: int) -> pd.Series:
        return _last_date(days, quarter, is_business_day & left.eq(count))

    start = window_start(eoq_business_days)
    days["is_eoq_window"] = days["calendar_date"] >= start
    length = (end - start).dt.days + 1
    elapsed = (days["calendar_date"] - start).dt.days + 1
    days["eoq_progress"] = np.where(days["is_eoq_window"], elapsed / length, 0.0)
    days["is_quarter_last_5"] = days["calendar_date"] >= window_start(5)
    days["is_quarter_last_10"] = days["calendar_date"] >= window_start(10)


def _last_date(days: pd.DataFrame, period: pd.Series, chosen: pd.Series) -> pd.Series:
    """Return, for each day, the last chosen date of its period."""
    return days["calendar_date"].where(chosen).groupby(period).transform("max")
