"""What the forecasting job refuses: bad features, impossible options."""

from collections.abc import Callable
from datetime import date

import numpy as np
import pandas as pd
import pytest
from fleet_frames import CALENDAR, USAGE, WrittenSeries, frames, load_rows, wave
from pydantic import ValidationError

from python_jobs import usage_forecasts
from python_jobs.forecasting.config import JobsConfig
from python_jobs.platform.errors import InputError
from python_jobs.platform.progress import NoProgress

ONE_PROCESS = JobsConfig(processes=1, fit_days=91)


def unmeasured(rows: pd.DataFrame) -> None:
    """Take one load away."""
    rows.loc[5, "usage_value"] = np.nan


def negative(rows: pd.DataFrame) -> None:
    """Make one usage negative."""
    rows.loc[5, "usage_value"] = -1.0


def renamed(rows: pd.DataFrame) -> None:
    """Name a metric that does not exist."""
    rows["metric"] = "cpu_p95"


def repeated(rows: pd.DataFrame) -> None:
    """Repeat a day."""
    rows.loc[1, "metric_date"] = rows.loc[0, "metric_date"]


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (unmeasured, "column usage_value at server_id a, metric cpu"),
        (negative, "is -1.0; expected at least 0"),
        (renamed, "column metric at server_id a, metric cpu_p95"),
        (repeated, "metric_date 2025-11-02 is there more than once"),
    ],
)
def test_contract_refuses_bad_features(
    spoil: Callable[[pd.DataFrame], None], said: str
) -> None:
    """Rows that SQL should have mended are refused with table, key and rule."""
    rows = load_rows({"a": WrittenSeries(wave(60))})
    spoil(rows)
    with pytest.raises(InputError, match=said):
        usage_forecasts.READS[USAGE].check(rows, table=USAGE)


def other_day(given: dict[str, pd.DataFrame]) -> None:
    """Build the calendar for the day before."""
    rows = given[CALENDAR]
    rows["origin_number"] = rows["origin_number"].shift(-1)


def holey(given: dict[str, pd.DataFrame]) -> None:
    """Take a day out of the calendar."""
    given[CALENDAR] = given[CALENDAR].drop(index=7)


def other_calendar(given: dict[str, pd.DataFrame]) -> None:
    """Give a series a calendar that has no terms."""
    given[USAGE]["calendar_id"] = "moon_bank"


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (other_day, "origin 0 is 2025-12-30; expected the as-of date 2025-12-31"),
        (holey, "calendar_id us_bank has no day after 2025-11-08"),
        (other_calendar, "is moon_bank; expected one of us_bank"),
    ],
)
def test_features_that_do_not_fit_together(
    spoil: Callable[[dict[str, pd.DataFrame]], None], said: str
) -> None:
    """Features of another day, a calendar with a hole or without terms are refused."""
    given = frames({"a": WrittenSeries(wave(60))}, day_count=60)
    spoil(given)
    with (
        NoProgress().task("test") as task,
        pytest.raises(InputError, match=said),
    ):
        usage_forecasts.run(
            given, as_of_date=date(2025, 12, 31), options=ONE_PROCESS, progress=task
        )


def test_options_that_change_no_row_name_no_run() -> None:
    """The number of processes is no part of what a run is named after."""
    assert JobsConfig(processes=1).model_dump() == JobsConfig().model_dump()
    assert JobsConfig(fit_days=364).model_dump() != JobsConfig().model_dump()


@pytest.mark.parametrize(
    "options",
    [
        {"processes": 0},
        {"candidates": []},
        {"candidates": ["sarima", "sarima"]},
        {"candidates": ["prophet"]},
        {"fit_days": 28},
        {"maximum_iterations": 0},
        {"cluster_count": 1},
        {"seed": 1},
    ],
)
def test_impossible_options_are_refused(options: dict[str, object]) -> None:
    """Impossible values and unknown keys fail when the configuration is read."""
    with pytest.raises(ValidationError):
        JobsConfig.model_validate(options)
