"""Business calendars: the one definition that generator, seeds and models share."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from python_jobs.calendars.business_calendar import calendar_days, holiday_names

CALENDAR_IDS = ("uk_bank", "us_bank")

CALENDAR_YEARS = (1900, 2199)
"""First and last year that a day of any series may lie in, forecast ones too."""

__all__ = ["CALENDAR_IDS", "CALENDAR_YEARS", "calendar_days", "holiday_names"]


def __getattr__(name: str) -> Any:
    """Load the calendar when it is first asked for: its names alone are quick."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from python_jobs.calendars import business_calendar  # noqa: PLC0415 - slow import

    return getattr(business_calendar, name)
