"""Deliveries in any order end in the same days as one delivery of everything."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from built_warehouse import (
    build,
    days_from,
    empty_store,
    load_days,
    ready_dbt,
    rows_of,
)

from python_jobs.cli.dbt import Dbt
from python_jobs.platform.errors import RunError
from python_jobs.store import Store
from python_jobs.store.filters import equal_to

DAYS = days_from(date(2024, 1, 1), 40)
SERVER_DAYS = "intermediate.int_server_days"
UNBROKEN = "assert_server_days_reach_the_as_of_date_without_a_hole"
MERGED = (
    SERVER_DAYS,
    "intermediate.int_usage_days",
    "intermediate.int_cleansed_days",
    "intermediate.int_forecast_days",
    "features.feat_usage_forecasts",
    "marts.fct_server_days",
)


@pytest.fixture
def dbt(tmp_path: Path) -> Iterator[Dbt]:
    """Open dbt on the warehouse of the test."""
    with ready_dbt(tmp_path) as opened:
        yield opened


def built(dbt: Dbt, **variables: str) -> pd.DataFrame:
    """Build the daily values and the grid on them; return the daily values."""
    build(dbt, select=["+int_usage_days"], variables=variables)
    return rows_of(dbt.settings.warehouse, SERVER_DAYS)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Deliver 30 of 40 days of two servers."""
    store = empty_store(tmp_path)
    for server_id in ("a", "b"):
        loads = {day: 10.0 + number for number, day in enumerate(DAYS[:30])}
        load_days(store, loads, load_id=f"first {server_id}", server_id=server_id)
    return store


def test_a_late_day_is_merged_and_equals_a_full_build(store: Store, dbt: Dbt) -> None:
    """A corrected day and ten new ones, merged from the corrected day on."""
    before = built(dbt)
    load_days(store, {DAYS[20]: 99.0}, load_id="late", server_id="a")
    newest = dict.fromkeys(DAYS[30:], 50.0)
    for server_id in ("a", "b"):
        load_days(store, newest, load_id=f"new {server_id}", server_id=server_id)
    merged = built(dbt, reprocess_from=str(DAYS[20]))
    assert len(before) == 60
    assert len(merged) == 80
    assert merged.loc[merged["measured_value"] == 99.0, "server_id"].tolist() == ["a"]
    pd.testing.assert_frame_equal(merged, built(dbt))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            {"as_of_date": DAYS[9]},
            {"as_of_date": DAYS[29], "reprocess_from": DAYS[20]},
            id="a hole",
        ),
        pytest.param(
            {}, {"as_of_date": DAYS[9], "reprocess_from": DAYS[5]}, id="days to come"
        ),
    ],
)
def test_a_merge_from_the_wrong_day_fails(
    store: Store, dbt: Dbt, before: dict[str, date], after: dict[str, date]
) -> None:
    """Days never built before `reprocess_from`, or built after the as-of date."""
    select = [f"+{UNBROKEN}"]

    def tested(variables: dict[str, date]) -> None:
        texts = {name: str(day) for name, day in variables.items()}
        build(dbt, select=select, variables=texts, with_tests=True)

    tested(before)
    with pytest.raises(RunError, match=UNBROKEN):
        tested(after)


def test_a_server_gone_from_the_source_is_gone(store: Store, dbt: Dbt) -> None:
    """A full build keeps nothing that was taken back."""
    built(dbt)
    store.delete("raw.server_metrics", where=equal_to("server_id", "b"))
    assert set(built(dbt)["server_id"]) == {"a"}


def every_merged_model(dbt: Dbt, **variables: str) -> dict[str, pd.DataFrame]:
    """Build all models that merge days, and read them."""
    names = [name.split(".")[1] for name in MERGED]
    build(dbt, select=[f"+{name}" for name in names], variables=variables)
    return {name: rows_of(dbt.settings.warehouse, name) for name in MERGED}


def irregular_loads(days: list[date], *, seed: int) -> dict[date, float | None]:
    """Return a restless load: a weekly wave, noise, spikes, gaps and an outage."""
    random = np.random.default_rng(seed)
    loads: dict[date, float | None] = {}
    for number, day in enumerate(days):
        spike = 60.0 if random.random() < 0.03 else 0.0
        loads[day] = round(20 + 5 * (day.weekday() < 5) + random.normal() + spike, 2)
        if random.random() < 0.05 or 300 <= number < 312:
            loads[day] = None
    return loads


@pytest.mark.slow
def test_days_merged_over_weeks_equal_a_whole_build(tmp_path: Path, dbt: Dbt) -> None:
    """A year at once; then a day, a late day, a young server, a week, each merged."""
    store = empty_store(tmp_path)
    days = days_from(date(2023, 1, 1), 400)
    everything = {name: irregular_loads(days, seed=ord(name)) for name in "abc"}

    def deliver(name: str, delivered: list[date], load_id: str) -> None:
        loads = {day: everything[name][day] for day in delivered}
        load_days(store, loads, load_id=f"{load_id} {name}", server_id=name)

    late = days[310]
    for name in "ab":
        deliver(name, [day for day in days[:380] if day != late], "first")
    every_merged_model(dbt)
    steps = [
        ("day", "ab", [days[380]]),
        ("late", "a", [late]),
        ("young", "c", days[375:382]),
        ("week", "abc", days[381:400]),
    ]
    for load_id, names, delivered in steps:
        for name in names:
            deliver(name, delivered, load_id)
        merged = every_merged_model(dbt, reprocess_from=str(delivered[0]))
    whole = every_merged_model(dbt)
    for model, frame in merged.items():
        pd.testing.assert_frame_equal(frame, whole[model], rtol=1e-12, obj=model)
    assert len(whole["intermediate.int_usage_days"]) == 825
