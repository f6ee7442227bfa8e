"""The days of a fleet: what the calendar and the clock of the window say of each."""

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from python_jobs.calendars import calendar_days
from python_jobs.generator.config import GeneratorConfig
from python_jobs.generator.streams import Flags, Floats

Dates = NDArray[np.datetime64]

DAYS_PER_MONTH = 365.25 / 12


@dataclass(frozen=True)
class TimeAxis:
    """Consecutive days, shape (days,): the observed ones, then the truth's future.

    Attributes
    ----------
    date
        datetime64[D].
    observed_days
        How many of the days are observed.
    months
        Months since the middle of the observed window.
    annual_angle
        Position in the year, radians.
    is_weekend, is_holiday
        A holiday on a weekend is a weekend: nobody notices it.
    eoq_ramp
        0 outside of the end-of-quarter window, up to 1 on the quarter end date.
    iso_weekday
        1 is Monday.
    is_business_day, is_eoq_window
        As the calendar says.
    """

    date: Dates
    observed_days: int
    months: Floats
    annual_angle: Floats
    is_weekend: Flags
    is_holiday: Flags
    eoq_ramp: Floats
    iso_weekday: NDArray[np.int64]
    is_business_day: Flags
    is_eoq_window: Flags

    def __len__(self) -> int:
        """Return the number of days."""
        return len(self.date)


def time_axis(config: GeneratorConfig) -> TimeAxis:
    """Return the days from the first observed one to the end of the truth."""
    observed_days = (config.last_date - config.first_date).days + 1
    days = calendar_days(
        config.calendar_id,
        first=config.first_date,
        last=config.last_date + timedelta(days=config.truth_days_ahead),
    )
    number = np.arange(len(days), dtype=np.float64)
    middle = (observed_days - 1) / 2
    progress = days["eoq_progress"].to_numpy(dtype=np.float64)
    start = config.eoq_start_fraction
    is_weekend = days["is_weekend"].to_numpy(dtype=np.bool_)
    is_holiday = days["is_holiday"].to_numpy(dtype=np.bool_)
    is_eoq_window = days["is_eoq_window"].to_numpy(dtype=np.bool_)
    day_of_year = days["calendar_date"].dt.day_of_year.to_numpy(dtype=np.float64)
    return TimeAxis(
        date=days["calendar_date"].to_numpy().astype("datetime64[D]"),
        observed_days=observed_days,
        months=(number - middle) / DAYS_PER_MONTH,
        annual_angle=2 * np.pi * day_of_year / 365.25,
        is_weekend=is_weekend,
        is_holiday=is_holiday & ~is_weekend,
        eoq_ramp=np.where(is_eoq_window, start + (1 - start) * progress, 0.0),
        iso_weekday=days["calendar_date"].dt.day_of_week.to_numpy(dtype=np.int64) + 1,
        is_business_day=days["is_business_day"].to_numpy(dtype=np.bool_),
        is_eoq_window=is_eoq_window,
    )
