"""Holidays of the calendars of an hourly panel."""

from datetime import date

import numpy as np

from python_jobs.calendars.business_calendar import holiday_names
from python_jobs.forecasting.engine.fleet import Integers
from python_jobs.forecasting.engine.panel_series import PanelSeries
from python_jobs.forecasting.series import DAY_HOURS


def panel_holidays(series: PanelSeries, horizon: int) -> dict[str, Integers]:
    """Return the holidays of each calendar as days since 1970-01-01."""
    if not len(series):
        return {}
    first = np.datetime64(int(series.first_steps.min()) // DAY_HOURS, "D")
    last = int(series.newest_steps.max() + horizon) // DAY_HOURS
    found: dict[str, Integers] = {}
    for name in sorted(set(series.calendar_ids)):
        days: list[date] = list(
            holiday_names(
                name, first=first.item(), last=np.datetime64(last, "D").item()
            )
        )
        found[name] = np.array(days, dtype="datetime64[D]").astype(np.int64)
    return found
