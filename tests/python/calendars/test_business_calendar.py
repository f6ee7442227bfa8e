"""The calendar against days worked out by hand."""

from datetime import date

import pandas as pd
import pytest

from python_jobs.calendars import calendar_days, holiday_names

FIRST, LAST = date(2010, 1, 1), date(2031, 12, 31)


@pytest.fixture(scope="module")
def us_days() -> pd.DataFrame:
    """Every day of us_bank, by date."""
    days = calendar_days("us_bank", first=FIRST, last=LAST)
    return days.set_index("calendar_date")


@pytest.mark.parametrize(
    ("day", "name"),
    [
        # Saturday: the Federal Reserve is open on the Friday before
        (date(2021, 12, 25), "Christmas Day"),
        (date(2022, 1, 1), "New Year's Day"),
        # Sunday: closed on the Monday after, and only then
        (date(2022, 6, 20), "Juneteenth National Independence Day (observed)"),
        (date(2022, 12, 26), "Christmas Day (observed)"),
        (date(2023, 1, 2), "New Year's Day (observed)"),
        # fourth Thursday of November, third Monday of January
        (date(2025, 11, 27), "Thanksgiving Day"),
        (date(2025, 1, 20), "Martin Luther King Jr. Day"),
    ],
)
def test_federal_reserve_holidays(day: date, name: str) -> None:
    """Each of these days is a holiday of us_bank."""
    assert holiday_names("us_bank", first=day, last=day) == {day: name}


@pytest.mark.parametrize(
    "day",
    [
        date(2021, 12, 24),
        date(2021, 12, 31),
        date(2022, 6, 19),
        date(2022, 12, 25),
        date(2025, 4, 18),
    ],
)
def test_days_that_are_no_federal_reserve_holiday(day: date) -> None:
    """Not the Friday before a Saturday, not the moved Sunday, not Good Friday."""
    assert holiday_names("us_bank", first=day, last=day) == {}


def test_ten_or_eleven_holidays_a_year(us_days: pd.DataFrame) -> None:
    """Ten holidays until Juneteenth became the eleventh in 2021."""
    count = us_days["is_holiday"].groupby(us_days.index.year).sum()
    assert set(count.loc[2010:2020]) == {10}
    assert set(count.loc[2021:2031]) == {11}


def test_uk_bank_has_its_own_days() -> None:
    """Good Friday and the substitute for a Saturday Christmas are English."""
    found = holiday_names("uk_bank", first=date(2021, 1, 1), last=date(2021, 12, 31))
    assert date(2021, 4, 2) in found
    assert date(2021, 12, 28) in found
    assert date(2021, 7, 4) not in found


def test_december_2025_day_by_day(us_days: pd.DataFrame) -> None:
    """Seven business days back from the 31st, Christmas left out, is the 22nd.

    31, 30, 29, 26, 24, 23, 22: ten days from the 22nd to the 31st, so the 22nd has
    progress 1/10. Five business days back is the 24th, ten is the 17th.
    """
    december = us_days.loc["2025-12-01":"2025-12-31"]
    window = december[december["is_eoq_window"]]
    assert list(window.index.day) == list(range(22, 32))
    assert list(window["eoq_progress"].round(9)) == [k / 10 for k in range(1, 11)]
    assert december[december["is_quarter_last_5"]].index[0].day == 24
    assert december[december["is_quarter_last_10"]].index[0].day == 17
    assert list(december[december["is_month_end"]].index.day) == [31]
    assert list(december[december["is_first_five_business_days"]].index.day) == [
        1,
        2,
        3,
        4,
        5,
    ]
    assert december.loc["2025-12-24", "business_day_of_month"] == 18
    assert pd.isna(december.loc["2025-12-25", "business_day_of_month"])
    assert december.loc["2025-12-25", "days_to_quarter_end"] == 6


def test_a_quarter_that_ends_on_a_weekend(us_days: pd.DataFrame) -> None:
    """March 2024 ends on Easter Sunday: the window runs to the 31st.

    Business days back: 29, 28, 27, 26, 25, 22, 21, because Good Friday (29) is a
    business day of us_bank. The last business day is the 29th, so the month end is 29
    to 31.
    """
    march = us_days.loc["2024-03-01":"2024-03-31"]
    window = march[march["is_eoq_window"]]
    assert list(window.index.day) == list(range(21, 32))
    assert window["eoq_progress"].iloc[-1] == 1
    assert list(march[march["is_month_end"]].index.day) == [29, 30, 31]


def test_year_end_freeze(us_days: pd.DataFrame) -> None:
    """From 15 December to 2 January, both included: 19 days a year."""
    frozen = us_days.index[us_days["is_year_end_freeze"]].strftime("%m-%d")
    assert set(frozen[:19]) == set(frozen)
    assert min(day for day in frozen if day > "06-01") == "12-15"
    assert max(day for day in frozen if day < "06-01") == "01-02"


def test_every_quarter_has_seven_business_days_in_its_window(
    us_days: pd.DataFrame,
) -> None:
    """Whatever holidays and weekends do."""
    inside = us_days[us_days["is_eoq_window"] & us_days["is_business_day"]]
    assert set(inside.groupby("quarter_end_date").size()) == {7}


def test_a_cut_range_knows_its_whole_quarter() -> None:
    """Three days alone are what they are in the whole calendar."""
    first, last = date(2025, 12, 27), date(2025, 12, 29)
    cut = calendar_days("us_bank", first=first, last=last)
    whole = calendar_days("us_bank", first=FIRST, last=LAST)
    same = whole[whole["calendar_date"].isin(cut["calendar_date"])]
    pd.testing.assert_frame_equal(cut, same.reset_index(drop=True))


def test_an_unknown_calendar_is_refused() -> None:
    """The message lists the known ones."""
    with pytest.raises(ValueError, match="'mars' is unknown; known are uk_bank"):
        calendar_days("mars", first=FIRST, last=LAST)
