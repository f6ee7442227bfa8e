"""Hourly rows: the same fleet, seen every hour."""

import numpy as np
import pandas as pd
import pytest

from python_jobs.generator import GeneratedFleet, small_fleet


@pytest.fixture(scope="module")
def hourly() -> GeneratedFleet:
    """Eight servers over a quarter, hour by hour."""
    return small_fleet(granularity="hourly", first_date="2025-10-01")


def test_one_row_per_hour(hourly: GeneratedFleet) -> None:
    """Eight servers, 92 days, 24 hours; the load says what the values are."""
    assert hourly.server_metrics.num_rows == 8 * 92 * 24
    load = hourly.loads.to_pylist()[0]
    assert (load["statistic"], load["interval_seconds"]) == ("hourly_p95", 3600)
    times = hourly.server_metrics["timestamp"].to_pandas()
    assert set(times.dt.hour) == set(range(24))
    assert (times.dt.minute == 0).all()


def test_the_truth_is_the_nearest_rank_p95_of_the_hours(hourly: GeneratedFleet) -> None:
    """The 23rd of 24 sorted hours: 23 is the first rank that is 95 % of 24 or more."""
    rows = hourly.server_metrics.to_pandas()
    day = rows["timestamp"].dt.date.rename("date")
    ranked = rows.groupby(["server_id", day])["cpu_p95"].apply(
        lambda hours: np.sort(hours.to_numpy())[22]
    )
    truth = hourly.generator_truth.to_pandas()
    cpu = truth[truth["metric"] == "cpu"].set_index(["server_id", "date"])
    known = cpu["observed_value"].reindex(ranked.index)
    pd.testing.assert_series_equal(ranked, known, check_names=False)


def test_nights_are_quiet(hourly: GeneratedFleet) -> None:
    """CPU falls to 0.4 of the day at night, disks do not sleep."""
    rows = hourly.server_metrics.to_pandas()
    by_hour = rows.groupby(rows["timestamp"].dt.hour)[["cpu_p95", "disk_p95"]].mean()
    night = by_hour.loc[2] / by_hour.loc[14]
    assert night["cpu_p95"] == pytest.approx(0.4, abs=0.05)
    assert night["disk_p95"] == pytest.approx(1, abs=0.02)


def test_the_day_is_about_the_same_as_without_hours(hourly: GeneratedFleet) -> None:
    """The curve is scaled so that its P95 is the day: within 5 % at the median."""
    daily = small_fleet(first_date="2025-10-01")
    values = [
        fleet.generator_truth.to_pandas()["observed_value"] for fleet in (hourly, daily)
    ]
    assert (values[0] / values[1]).median() == pytest.approx(1, abs=0.05)
