"""Panels of short, broken or moved histories, held against what came after them."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from python_jobs.calendars.calendar_terms import calendar_terms
from python_jobs.calendars.forecast_design import TERMS
from python_jobs.forecasting.panel import forecast_panel

AHEAD, SERIES = 90, 40
LAST = pd.Timestamp("2024-08-31")


@dataclass(frozen=True)
class Fleet:
    """Logarithms of usage day by day, their days, and which lie at a quarter end."""

    logs: NDArray[np.float64]
    days: pd.DatetimeIndex
    is_eoq_window: NDArray[np.bool_]

    def frame(self) -> pd.DataFrame:
        """Return all of it as a long frame."""
        names = [f"s{number:02d}" for number in range(len(self.logs))]
        return pd.DataFrame(
            {
                "unique_id": np.repeat(names, len(self.days)),
                "ds": np.tile(self.days, len(names)),
                "y": np.exp(self.logs).ravel(),
            }
        )

    def forecast(self, frame: pd.DataFrame, model: str) -> pd.DataFrame:
        """Forecast the days up to `LAST` and put beside it what came."""
        rows = forecast_panel(
            frame[frame["ds"] <= LAST], horizon=AHEAD, model=model, processes=1
        ).merge(self.frame(), on=["unique_id", "ds"])
        is_eoq_window = pd.Series(self.is_eoq_window, index=self.days)
        return rows.assign(
            is_eoq_window=rows["ds"].map(is_eoq_window),
            error=np.abs(np.log(rows["y"] / rows["forecast_value"])),
            is_inside=rows["y"].between(rows["forecast_q10"], rows["forecast_q90"]),
        )


def fleet(day_count: int, *, step_sd: float = 0.003) -> Fleet:
    """Return a week, a year, quarter ends 25 % up, noise, and a level that wanders."""
    random = np.random.default_rng(5)
    days = pd.date_range(
        LAST - pd.Timedelta(days=day_count - 1), LAST + pd.Timedelta(days=AHEAD)
    )
    terms = calendar_terms("us_bank", first=days[0].date(), last=days[-1].date())
    is_eoq_window = terms[:, TERMS.index("eoq_window")] > 0.0
    shape = (SERIES, len(days))
    year = 2.0 * np.pi * days.day_of_year.to_numpy() / 365.25
    logs = 3.0 + random.normal(0.0, 0.06, shape)
    logs += random.normal(0.0, step_sd, shape).cumsum(axis=1)
    logs += random.normal(0.15, 0.05, (SERIES, 1)) * np.sin(year)
    logs += random.normal(0.25, 0.08, (SERIES, 1)) * is_eoq_window
    logs -= 0.3 * (days.day_of_week.to_numpy() >= 5)
    return Fleet(logs, days, is_eoq_window)


@pytest.mark.parametrize("day_count", [740, 900])
def test_two_years_are_backtested_with_their_quarter_ends(day_count: int) -> None:
    """Backtests under two years carry the terms that the forecast carries."""
    known = fleet(day_count)
    named = known.forecast(known.frame(), "level_calendar").query("is_eoq_window")
    chosen = known.forecast(known.frame(), "auto").query("is_eoq_window")
    assert 0.7 < named["is_inside"].mean() < 0.95
    assert chosen["error"].mean() < 1.15 * named["error"].mean()


@pytest.mark.parametrize("model", ["holt_winters_calendar", "sarima_calendar"])
def test_a_gap_at_the_end_is_no_return_to_the_mean(model: str) -> None:
    """Ten days of silence cost a level that wanders little."""
    known = fleet(1000, step_sd=0.02)
    frame = known.frame()
    is_silent = (frame["ds"] <= LAST) & (frame["ds"] > LAST - pd.Timedelta(days=10))
    silent = known.forecast(frame.assign(y=frame["y"].mask(is_silent)), model)
    whole = known.forecast(frame, model)
    assert silent["error"].mean() < 1.15 * whole["error"].mean()
