"""What was put in can be found again, from the rows and the calendar alone."""

import numpy as np
import pandas as pd
import pytest

from python_jobs.calendars import calendar_days
from python_jobs.generator import GeneratedFleet, GeneratorConfig, small_fleet

DAYS_PER_MONTH = 365.25 / 12

Effects = pd.DataFrame


@pytest.fixture(scope="session")
def calendar() -> pd.DataFrame:
    """Calendar of the default window, by date."""
    config = GeneratorConfig()
    days = calendar_days("us_bank", first=config.first_date, last=config.last_date)
    return days.set_index("calendar_date")


@pytest.fixture(scope="session")
def effects(metric_rows: pd.DataFrame, calendar: pd.DataFrame) -> Effects:
    """Least squares per server: what weekends, holidays, EOQ and a month do to CPU.

    The log of CPU on level, growth, year, weekday, holiday and EOQ ramp; servers
    without an unbroken history are left out.
    """
    log_cpu = (
        metric_rows.assign(log_cpu=np.log(metric_rows["cpu_p95"].clip(lower=0.1)))
        .pivot_table(index="timestamp", columns="server_id", values="log_cpu")
        .dropna(axis="columns", thresh=1400)
        .interpolate()
        .bfill()
    )
    year = 2 * np.pi * calendar.index.day_of_year.to_numpy() / 365.25
    is_holiday = calendar["is_holiday"] & ~calendar["is_weekend"]
    terms = {
        "level": np.ones(len(calendar)),
        "month": np.arange(len(calendar)) / DAYS_PER_MONTH,
        "sin": np.sin(year),
        "cos": np.cos(year),
        "sin_2": np.sin(2 * year),
        "cos_2": np.cos(2 * year),
        "friday": calendar.index.day_of_week == 4,
        "weekend": calendar["is_weekend"],
        "holiday": is_holiday,
        "eoq": calendar["is_eoq_window"] * (0.5 + 0.5 * calendar["eoq_progress"]),
    }
    design = np.column_stack([np.asarray(term, dtype=float) for term in terms.values()])
    solved = np.linalg.lstsq(design, log_cpu.to_numpy(), rcond=None)[0]
    found = pd.DataFrame(solved.T, columns=list(terms), index=log_cpu.columns)
    kinds = metric_rows.drop_duplicates("server_id").set_index("server_id")
    return found.join(kinds[["server_type", "business_unit"]])


def test_weekends(effects: Effects) -> None:
    """Each archetype has its weekend factor, within 6 %."""
    found = np.exp(effects.groupby("server_type")["weekend"].median())
    for name, kind in GeneratorConfig().archetypes.items():
        assert found[name] == pytest.approx(kind.weekend_factor, rel=0.06)


def test_holidays(effects: Effects) -> None:
    """Each archetype has its holiday factor, within 10 % (some forty holidays)."""
    found = np.exp(effects.groupby("server_type")["holiday"].median())
    for name, kind in GeneratorConfig().archetypes.items():
        assert found[name] == pytest.approx(kind.holiday_factor, rel=0.1)


def test_quarter_ends(effects: Effects) -> None:
    """Each business unit has its uplift on the quarter end date, within 6 points."""
    found = 100 * np.expm1(effects.groupby("business_unit")["eoq"].median())
    for name, unit in GeneratorConfig().business_units.items():
        assert found[name] == pytest.approx(unit.eoq_uplift_pct, abs=6)


def test_growth(effects: Effects) -> None:
    """Each archetype grows by its monthly rate, within 0.2 points.

    The mean of a dozen servers whose rates differ by 0.35 points is known to 0.1.
    """
    found = 100 * np.expm1(effects.groupby("server_type")["month"].median())
    for name, kind in GeneratorConfig().archetypes.items():
        assert found[name] == pytest.approx(kind.monthly_growth_pct, abs=0.2)


@pytest.mark.parametrize("year", [2022, 2023, 2024, 2025])
def test_december_rises(
    metric_rows: pd.DataFrame, calendar: pd.DataFrame, year: int
) -> None:
    """CPU on business days of the December window is above that of the weeks before."""
    december = calendar.loc[f"{year}-12-01" : f"{year}-12-31"]
    business = december[december["is_business_day"]]
    cpu = metric_rows.groupby("timestamp")["cpu_p95"].mean()
    inside = cpu.loc[business.index[business["is_eoq_window"]]].mean()
    before = cpu.loc[business.index[~business["is_quarter_last_10"]]].mean()
    assert inside > 1.08 * before


def test_switches_turn_effects_off() -> None:
    """Without EOQ and holidays the quarter end is a day like others."""
    plain = small_fleet(server_count=30, switches={"eoq": False, "holidays": False})
    usual = small_fleet(server_count=30)
    on_quarter_end = "2025-09-30", "2025-09-16"
    assert ratio(usual, *on_quarter_end) > 1.15
    assert ratio(plain, *on_quarter_end) == pytest.approx(1, abs=0.08)
    on_holiday = "2025-11-11", "2025-11-18"
    assert ratio(usual, *on_holiday) < 0.85
    assert ratio(plain, *on_holiday) == pytest.approx(1, abs=0.08)


def ratio(fleet: GeneratedFleet, day: str, other_day: str) -> float:
    """Return the fleet's CPU of a day, relative to another of the same weekday."""
    cpu = fleet.server_metrics.to_pandas().groupby("timestamp")["cpu_p95"].median()
    return float(cpu.loc[day] / cpu.loc[other_day])


def test_the_table_of_archetypes_holds(
    metric_rows: pd.DataFrame, truth: pd.DataFrame
) -> None:
    """Right-sized servers have the table's total standard deviation and correlations.

    Standard deviations within a quarter (a batch server's spikes end at 100 %),
    correlations of the plain values within 0.15, or a little more.
    """
    sizes = truth.drop_duplicates("server_id").set_index("server_id")["true_size"]
    # twice the size halves memory and disk alike: resizes add to their correlation
    tolerances = {"memory_disk": 0.2}
    right = metric_rows[metric_rows["server_id"].map(sizes) == "right"]
    for name, kind in GeneratorConfig().archetypes.items():
        rows = right[right["server_type"] == name]
        for metric, column in (
            ("cpu", "cpu_p95"),
            ("memory", "mem_p95"),
            ("disk", "disk_p95"),
            ("network_in", "net_in_p95"),
        ):
            expected = getattr(kind.sd, metric)
            assert rows[column].std() == pytest.approx(expected, rel=0.25), (
                name,
                metric,
            )
        found = rows[["cpu_p95", "mem_p95", "disk_p95", "net_in_p95"]].corr()
        for pair, first, second in (
            ("cpu_memory", "cpu_p95", "mem_p95"),
            ("cpu_network", "cpu_p95", "net_in_p95"),
            ("memory_disk", "mem_p95", "disk_p95"),
        ):
            expected = getattr(kind.correlations, pair)
            tolerance = tolerances.get(pair, 0.15)
            assert found.loc[first, second] == pytest.approx(expected, abs=tolerance)
