"""What backtests inside the known days choose: annual waves, weights of levels."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from fleet_frames import AS_OF, WrittenSeries, calendar_rows, load_rows

from python_jobs import usage_forecasts
from python_jobs.calendars.forecast_design import FIRST_FULL_WINDOW_DAYS
from python_jobs.forecasting.core.origin import FleetOrigin
from python_jobs.forecasting.core.regression import Designs, calendar_designs
from python_jobs.forecasting.core.series import Fleet

LAST_DAY = int(np.datetime64(AS_OF, "D").astype(np.int64))
SERVERS = 24


def origin(
    day_counts: Sequence[int], *, waves: int = 2, step_sd: float = 0.0
) -> FleetOrigin:
    """Return a fleet of so many annual waves and a wandering level, each its window."""
    random = np.random.default_rng(11)
    day_count, servers = max(day_counts), len(day_counts)
    days = np.arange(LAST_DAY - day_count + 1, LAST_DAY + 1)
    angle = 2 * np.pi * days / 365.25
    year = sum(0.2 * np.cos(k * (angle - 0.7)) for k in range(1, waves + 1))
    noise = random.normal(0.0, 0.03, (servers, day_count))
    level = random.normal(0.0, step_sd, (servers, day_count)).cumsum(axis=1)
    usage = np.clip(30.0 * np.exp(year + level + noise), 1.0, 100.0)
    fleet = load_rows(
        {
            f"srv-{k:02d}": WrittenSeries(usage=each[-own:])
            for k, (each, own) in enumerate(zip(usage, day_counts, strict=True))
        }
    )
    rows = usage_forecasts.READS["feat_usage_forecasts"].check(fleet, table="usage")
    return FleetOrigin(
        replace(Fleet.of(rows), has_own_windows=True),
        designs=Designs(calendar_designs(calendar_rows(day_count))),
        day=LAST_DAY,
        fit_days=day_count,
    )


@pytest.mark.parametrize("waves", [2, 3])
@pytest.mark.parametrize("day_count", [740, 1400])
def test_no_wave_of_the_year_is_left_out(day_count: int, waves: int) -> None:
    """As many as the usage have, or more; cuts of 740 days are a year and a half."""
    choices, _ = origin([day_count] * SERVERS, waves=waves).estimates[True]
    assert choices.harmonics >= waves


@pytest.mark.parametrize("day_count", [183, 186, 240, 740, 1400])
def test_a_level_follows_as_fast_as_it_moves(day_count: int) -> None:
    """A level that stays is the mean of long; one that wanders is that of last days."""
    is_full = day_count >= FIRST_FULL_WINDOW_DAYS
    waves = 2 if is_full else 0
    alphas = [
        origin([day_count] * SERVERS, waves=waves, step_sd=step_sd)
        .estimates[is_full][0]
        .alphas["cpu"]
        for step_sd in (0.0, 0.03)
    ]
    assert alphas[0] < alphas[1]
    assert alphas[1] >= 0.05


def test_series_of_other_lengths_are_learned_from_together() -> None:
    """Thirty that start on thirty days: a prior, and the level of those of one day."""
    choices, priors = origin(range(771, 801), step_sd=0.03).estimates[True]
    together, _ = origin([780] * 30, step_sd=0.03).estimates[True]
    assert np.isfinite(priors["cpu"].variance[1:]).all()
    assert choices.alphas == together.alphas
