"""What backtests inside the known days choose: annual waves, weights of levels."""

import numpy as np
import pytest
from fleet_frames import AS_OF, WrittenSeries, calendar_rows, load_rows

from python_jobs import load_forecasts
from python_jobs.forecasting.calendar_fit import calendar_designs
from python_jobs.forecasting.engine.designs import Designs
from python_jobs.forecasting.engine.fleet import Fleet
from python_jobs.forecasting.engine.origin import EngineOrigin
from python_jobs.forecasting.engine.tuning import Choices

LAST_DAY = int(np.datetime64(AS_OF, "D").astype(np.int64))
SERVERS = 8


def chosen(day_count: int, *, waves: int, step_sd: float = 0.0) -> Choices:
    """Return what is chosen for loads of so many annual waves and a wandering level."""
    random = np.random.default_rng(11)
    days = np.arange(LAST_DAY - day_count + 1, LAST_DAY + 1)
    angle = 2 * np.pi * days / 365.25
    year = sum(0.2 * np.cos(k * (angle - 0.7)) for k in range(1, waves + 1))
    noise = random.normal(0.0, 0.03, (SERVERS, day_count))
    level = random.normal(0.0, step_sd, (SERVERS, day_count)).cumsum(axis=1)
    loads = np.clip(30.0 * np.exp(year + level + noise), 1.0, 100.0)
    fleet = load_rows(
        {f"srv-{k}": WrittenSeries(loads=each) for k, each in enumerate(loads)}
    )
    rows = load_forecasts.READS["feat_load_forecasts"].check(fleet, table="loads")
    origin = EngineOrigin(
        Fleet.of(rows),
        designs=Designs(calendar_designs(calendar_rows(day_count))),
        day=LAST_DAY,
        fit_days=day_count,
    )
    return origin.learned[True][0]


@pytest.mark.parametrize("waves", [2, 3])
@pytest.mark.parametrize("day_count", [740, 1400])
def test_no_wave_of_the_year_is_left_out(day_count: int, waves: int) -> None:
    """As many as the loads have, or more; cuts of 740 days are a year and a half."""
    assert chosen(day_count, waves=waves).harmonics >= waves


@pytest.mark.parametrize("day_count", [740, 1400])
def test_a_level_follows_as_fast_as_it_moves(day_count: int) -> None:
    """A level that stays is the mean of long; one that wanders is that of last days."""
    steady = chosen(day_count, waves=2).alphas["cpu"]
    wandering = chosen(day_count, waves=2, step_sd=0.03).alphas["cpu"]
    assert steady <= 0.01
    assert wandering >= 0.05
