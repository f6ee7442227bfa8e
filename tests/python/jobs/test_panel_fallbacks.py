"""Fallbacks of series without a model: the reason, and how wide they are."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from python_jobs.calendars.forecast_design import QUANTILES
from python_jobs.forecasting.panel import forecast_panel
from python_jobs.forecasting.panel.series import Frequency

NOISE = np.random.default_rng(8).normal(size=3000)
WEEK_HOURS = 168


def forecast(values: Any, *, step: Frequency = "D", horizon: int = 48) -> pd.DataFrame:
    """Forecast one series."""
    values = np.asarray(values, dtype=np.float64)
    steps = pd.date_range("2024-01-01", periods=len(values), freq=step)
    frame = pd.DataFrame({"unique_id": "a", "ds": steps, "y": values})
    return forecast_panel(frame, horizon=horizon, frequency=step)


def day(hours: int, *, level: float = 50.0) -> NDArray[np.float64]:
    """Return a day's wave and noise."""
    values: NDArray[np.float64] = level + NOISE[:hours]
    values += 10.0 * np.sin(np.arange(hours) * 2.0 * np.pi / 24.0)
    return values


def test_a_weekend_at_rest_is_not_flat() -> None:
    """Sixty hours of work and 28 at rest are too short a history, not the end."""
    rows = forecast(np.append(day(60), np.zeros(28)), step="h")
    assert set(rows["reason"]) == {"too_short"}
    assert rows["forecast_value"].max() > 10.0


def test_hours_that_never_move_are_flat() -> None:
    """Five days or five weeks of one value: it is what comes."""
    for hours in (120, 840):
        rows = forecast(np.full(hours, 7.0), step="h")
        assert set(rows["reason"]) == {"flat"}
        assert (rows["forecast_value"] == 7.0).all()


def test_hours_with_gaps_have_gaps() -> None:
    """Every tenth hour is measured, and rests at the end: not flat, but gappy."""
    values = day(2400)
    values[-1200:] = 3.0
    values[np.arange(2400) % 10 > 0] = np.nan
    values[-1] = 3.0
    assert set(forecast(values, step="h")["reason"]) == {"gap"}


@pytest.mark.parametrize(("silent", "reason"), [(335, None), (336, "silent")])
def test_hours_without_a_measurement(silent: int, reason: str | None) -> None:
    """After fourteen days of nothing a series is silent, as one of days is."""
    values = np.append(day(12 * WEEK_HOURS), np.full(silent, np.nan))
    rows = forecast(values, step="h")
    assert set(rows["reason"].fillna("")) == {reason or ""}


def test_what_stands_still_elsewhere_may_move_again() -> None:
    """A month at 61 after a year around 50: the interval is as wide as a move was."""
    rows = forecast(np.append(50.0 + 5.0 * NOISE[:400], np.full(28, 61.0)))
    assert set(rows["reason"]) == {"flat"}
    assert (rows["forecast_value"] == 61.0).all()
    width = rows["forecast_q90"] - rows["forecast_q10"]
    assert width.between(10.0, 25.0).all()
    assert (np.diff(rows[list(QUANTILES)], axis=1) >= 0.0).all()
