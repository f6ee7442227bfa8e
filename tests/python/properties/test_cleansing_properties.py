"""P95 and cleansing in SQL are those of a loop over the days, written apart from it."""

import math
import statistics
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
from drawing import drawn
from hypothesis import strategies as st
from rendered_sql import create, engine, rows_of

from python_jobs.store import TABLES

SAMPLES = st.lists(
    st.floats(0, 100, width=32) | st.sampled_from([None, math.nan, 0.0, 100.0]),
    min_size=1,
    max_size=60,
)


@dataclass(frozen=True)
class Habit:
    """How a series is made: its seed, and what happens to its days."""

    seed: int
    days: int
    first: date
    level: float
    spread: float
    gap_share: float
    spike_share: float
    event_share: float
    step_day: int


HABITS = st.builds(
    Habit,
    seed=st.integers(0, 2**32 - 1),
    days=st.integers(1, 130),
    first=st.dates(date(2020, 1, 1), date(2026, 12, 31)),
    level=st.sampled_from([0.0, 1.0, 30.0, 95.0]),
    spread=st.sampled_from([0.0, 0.1, 5.0]),
    gap_share=st.sampled_from([0.0, 0.1, 0.6]),
    spike_share=st.sampled_from([0.0, 0.05, 0.3]),
    event_share=st.sampled_from([0.0, 0.1, 0.5]),
    step_day=st.integers(0, 260),
)


def days_of(number: int, habit: Habit) -> list[dict[str, Any]]:
    """Return the rows of int_usage_days of a series: first and last day measured."""
    random = np.random.default_rng(habit.seed)
    rows = []
    for day in range(habit.days):
        value = habit.level + habit.spread * random.standard_normal()
        value += 40.0 * (day >= habit.step_day)
        value *= 1 + 4 * (random.random() < habit.spike_share)
        is_gap = random.random() < habit.gap_share and day > 0
        rows.append(
            {
                "server_id": f"S{number:03d}",
                "metric": "cpu",
                "metric_date": habit.first + timedelta(days=day),
                "usage_unit": "percent",
                "capacity_value": 100.0,
                "calendar_id": "us_bank",
                "statistic": "daily_p95",
                "sample_count": 0 if is_gap else 1,
                "measured_value": None if is_gap else round(abs(value), 3),
                "is_eoq_window": bool(random.random() < habit.event_share),
                "is_holiday": bool(random.random() < habit.event_share / 4),
            }
        )
    return rows


def cleansed(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Say for each day of a series what int_cleansed_days says, day by day."""
    done: list[dict[str, Any]] = []
    for position, row in enumerate(rows):
        kind = row["metric_date"].isoweekday() >= 6
        alike = [
            each
            for each in rows[:position]
            if (each["metric_date"].isoweekday() >= 6) == kind
        ]
        past = [
            each["measured_value"]
            for each in alike[-28:]
            if each["measured_value"] is not None and is_regular(each)
        ]
        done.append(judged(row, past, done))
    return done


def is_regular(row: dict[str, Any]) -> bool:
    """Say whether a day is no quarter end and no holiday."""
    return not row["is_eoq_window"] and not row["is_holiday"]


def judged(
    row: dict[str, Any], past: list[float], before: list[dict[str, Any]]
) -> dict[str, Any]:
    """Say what a day is, by the past of its kind and by all days before."""
    value = row["measured_value"]
    bounded, z_score = value, None
    if value is not None and len(past) >= 10:
        median = statistics.median(past)
        deviation = statistics.median(abs(each - median) for each in past)
        width = 5 * max(1.4826 * deviation, 0.02 * median)
        if is_regular(row):
            bounded = min(max(value, median - width, 0.0), median + width)
        if (spread := statistics.stdev(past)) > 5e-10:
            z_score = round((value - statistics.fmean(past)) / spread, 6)
    is_out = value is not None and abs(value - bounded) > 5e-10
    has_moved = sum(each["is_out"] for each in before[-3:]) >= 2
    capped = value if has_moved else bounded
    weekdays = [
        before[-lag]["capped"]
        for lag in (7, 14, 21, 28)
        if lag <= len(before) and before[-lag]["capped"] is not None
    ]
    weekday = statistics.median(weekdays) if weekdays else None
    residual = None if value is None or weekday is None else value - weekday
    known = [each for each in before if each["capped"] is not None]
    clean, flag = capped, "measured"
    if value is None:
        gap = (row["metric_date"] - known[-1]["metric_date"]).days
        clean = weekday if weekday is not None else known[-1]["capped"]
        clean = clean if gap <= 3 else None
        flag = "outage" if clean is None else "imputed"
    elif abs(capped - value) > 5e-10:
        flag = "capped"
    distances = [
        abs(each["residual"])
        for each in before[-56:]
        if each["residual"] is not None and each["is_regular"]
    ]
    is_odd = residual is not None and bool(distances) and is_regular(row)
    return {
        "metric_date": row["metric_date"],
        "is_regular": is_regular(row),
        "is_out": is_out,
        "capped": capped,
        "residual": residual,
        "clean_value": clean,
        "quality_flag": flag,
        "z_score": z_score,
        "is_zscore_anomaly": is_regular(row) and abs(z_score or 0.0) > 4,
        "is_residual_anomaly": is_odd
        and abs(residual or 0.0) - 5 * statistics.fmean(distances or [0.0]) > 5e-10,
    }


def is_near(
    found: float | None, expected: float | None, tolerance: float = 1e-9
) -> bool:
    """Say whether both are missing or nearly the same."""
    if found is None or expected is None:
        return found is expected
    return math.isclose(found, expected, rel_tol=1e-9, abs_tol=tolerance)


def test_cleansing_is_that_of_the_oracle(sql: dict[str, str]) -> None:
    """Values, flags and anomalies of every day of 500 series with gaps and spikes."""
    habits = drawn(HABITS)
    series = [days_of(number, habit) for number, habit in enumerate(habits)]
    flat = pa.Table.from_pylist([row for rows in series for row in rows])
    with engine() as database:
        create(database, "intermediate.int_usage_days", flat)
        found = rows_of(database, sql, "int_cleansed_days").to_pylist()
    found.sort(key=lambda row: (row["server_id"], row["metric_date"]))
    expected = [day for rows in series for day in cleansed(rows)]
    assert len(found) == len(expected) == flat.num_rows
    for row, day in zip(found, expected, strict=True):
        for name in ("quality_flag", "is_zscore_anomaly", "is_residual_anomaly"):
            assert row[name] == day[name], (name, row, day)
        assert is_near(row["clean_value"], day["clean_value"]), (row, day)
        assert is_near(row["z_score"], day["z_score"], 2e-6), (row, day)
        assert is_near(row["seasonal_residual"], day["residual"]), (row, day)
        assert row["clean_value"] is None or row["clean_value"] >= 0
    seen = {row["quality_flag"] for row in found}
    assert seen == {"measured", "capped", "imputed", "outage"}


def test_a_days_p95_is_its_nearest_rank(sql: dict[str, str]) -> None:
    """NaN and null count for nothing; a day without a number is no row."""
    days = drawn(SAMPLES)
    first = datetime(2025, 1, 1)
    samples = [
        {
            "server_id": f"S{number:03d}",
            "timestamp": first + timedelta(minutes=20 * place),
            "business_unit": None,
            "region": "us-east-1",
            "criticality": None,
            "cpu_p95": value,
            **dict.fromkeys(("mem_p95", "disk_p95", "net_in_p95", "net_out_p95")),
            "load_id": "one",
            "loaded_at": first,
        }
        for number, values in enumerate(days)
        for place, value in enumerate(values)
    ]
    with engine() as database:
        create_raw(database, samples)
        found = rows_of(database, sql, "int_server_days").to_pylist()
    expected = {}
    for number, values in enumerate(days):
        known = sorted(
            each for each in values if each is not None and not math.isnan(each)
        )
        if known:
            rank = -(-95 * len(known) // 100)
            expected[f"S{number:03d}"] = (len(known), known[rank - 1])
    assert {
        row["server_id"]: (row["sample_count"], row["measured_value"]) for row in found
    } == expected
    assert {(row["metric"], row["statistic"]) for row in found} == {
        ("cpu", "hourly_p95")
    }


def create_raw(database: Any, samples: list[dict[str, Any]]) -> None:
    """Make the raw tables of one load, the as-of date and the seed of metrics."""
    doubles = ("cpu_p95", "mem_p95", "disk_p95", "net_in_p95", "net_out_p95")
    schema = pa.schema(
        pa.field(name, pa.float64() if name in doubles else kind)
        for name, kind in (
            ("server_id", pa.string()),
            ("timestamp", pa.timestamp("us")),
            ("business_unit", pa.string()),
            ("region", pa.string()),
            ("criticality", pa.string()),
            *((name, pa.float64()) for name in doubles),
            ("load_id", pa.string()),
            ("loaded_at", pa.timestamp("us")),
        )
    )
    create(database, "raw.server_metrics", pa.Table.from_pylist(samples, schema=schema))
    load = dict.fromkeys(TABLES["raw.loads"].column_names)
    load |= {"load_id": "one", "status": "loaded", "statistic": "hourly_p95"}
    loads = pa.Table.from_pylist([load], schema=TABLES["raw.loads"].arrow_schema)
    create(database, "raw.loads", loads)
    as_of = pa.table({"as_of_date": [date(2025, 12, 31)]})
    create(database, "intermediate.int_as_of_dates", as_of)
