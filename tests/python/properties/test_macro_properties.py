"""Order statistics and dates in SQL are those of Python, on 500 examples each."""

import statistics
from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pytest
from drawing import drawn
from hypothesis import strategies as st
from rendered_sql import engine

NUMBERS = st.floats(-1e6, 1e6, width=32) | st.integers(0, 5).map(float)
LISTS = st.lists(NUMBERS | st.none(), max_size=40)
DATES = st.dates(date(2010, 1, 1), date(2040, 12, 31))


def answers(query: str, **columns: pa.Array) -> list[Any]:
    """Return what a query over a table of these columns says, row by row."""
    rows = pa.table({"number": range(len(next(iter(columns.values())))), **columns})
    with engine() as database:
        database.register("examples", rows)
        return [row[0] for row in database.execute(query).fetchall()]


def measured(values: list[float | None]) -> list[float]:
    """Return the values without the missing ones."""
    return [value for value in values if value is not None]


def median(values: list[float]) -> float | None:
    """Return the median of the values; none of no value."""
    return statistics.median(values) if values else None


def test_median_of_an_array_leaves_nulls_out(sql: dict[str, str]) -> None:
    """Null of an array without a value."""
    lists = drawn(LISTS)
    query = f"select {sql['list_median']} from examples order by number"  # noqa: S608
    found = answers(query, values=pa.array(lists, pa.list_(pa.float64())))
    assert found == pytest.approx([median(measured(each)) for each in lists], abs=1e-9)


def test_windows_leave_nulls_out(sql: dict[str, str]) -> None:
    """Median of the 28 rows before, median distance from it, and the last value."""
    values = drawn(NUMBERS | st.none())

    def of(name: str) -> list[Any]:
        query = f"select {sql[name]} from examples order by number"  # noqa: S608
        return answers(query, value=pa.array(values, pa.float64()))

    pasts = [measured(values[max(0, end - 28) : end]) for end in range(len(values))]
    middles = [median(past) for past in pasts]
    assert of("window_median") == pytest.approx(middles, abs=1e-9)
    deviations = [
        median([abs(value - (middle or 0.0)) for value in past])
        for past, middle in zip(pasts, middles, strict=True)
    ]
    assert of("window_median_deviation") == pytest.approx(deviations, abs=1e-9)
    knowns = [measured(values[: end + 1]) for end in range(len(values))]
    assert of("last_known") == [known[-1] if known else None for known in knowns]


def test_nearest_rank_is_the_smallest_value_that_so_many_do_not_exceed(
    sql: dict[str, str],
) -> None:
    """Five percent of the values at most are greater than it."""
    lists = drawn(LISTS)
    flat = [(key, value) for key, each in enumerate(lists) for value in each]
    keys, values = zip(*flat, strict=True)
    query = (
        f"select {sql['nearest_rank']} from examples"  # noqa: S608
        " group by key order by key"
    )
    found = answers(query, key=pa.array(keys), value=pa.array(values, pa.float64()))
    given = [measured(each) for each in lists if each]
    assert len(found) == len(given)
    for value, each in zip(found, given, strict=True):
        if not each:
            assert value is None
            continue
        assert value in each
        assert 100 * sum(other <= value for other in each) >= 95 * len(each)
        assert 100 * sum(other < value for other in each) < 95 * len(each)


def test_past_weekday_median_looks_back_four_weeks(sql: dict[str, str]) -> None:
    """The same weekday, without the day itself and without what is missing."""
    days = drawn(NUMBERS | st.none())
    query = f"select {sql['past_weekday_median']} from examples order by number"  # noqa: S608
    found = answers(query, value=pa.array(days, pa.float64()))
    for number, value in enumerate(found):
        past = [days[number - lag] for lag in (7, 14, 21, 28) if lag <= number]
        expected = median(measured(past))
        assert value == pytest.approx(expected, abs=1e-9)


def test_dates_are_those_of_the_calendar(sql: dict[str, str]) -> None:
    """Each macro of a date, over leap years and ends of months."""
    pairs = drawn(st.tuples(DATES, st.integers(-800, 800)))
    given = {
        "first": pa.array([first for first, _ in pairs]),
        "days": pa.array([days for _, days in pairs]),
        "last": pa.array([first + timedelta(days) for first, days in pairs]),
    }

    def of(name: str) -> list[Any]:
        query = f"select {sql[name]} from examples order by number"  # noqa: S608
        return answers(query, **given)

    assert of("add_days") == given["last"].to_pylist()
    assert of("days_between") == [days for _, days in pairs]
    firsts = [first for first, _ in pairs]
    quarters = [(each.month - 1) // 3 for each in firsts]
    assert of("trunc_month") == [each.replace(day=1) for each in firsts]
    assert of("trunc_year") == [each.replace(month=1, day=1) for each in firsts]
    assert of("iso_weekday") == [each.isoweekday() for each in firsts]
    starts = [
        date(each.year, 3 * quarter + 1, 1)
        for each, quarter in zip(firsts, quarters, strict=True)
    ]
    assert of("trunc_quarter") == starts
    nexts = [
        date(each.year + (quarter == 3), (3 * quarter + 3) % 12 + 1, 1)
        for each, quarter in zip(firsts, quarters, strict=True)
    ]
    assert of("quarter_end") == [each - timedelta(1) for each in nexts]
    assert of("dates_between") == [
        [first + timedelta(number) for number in range(days + 1)]
        for first, days in pairs
    ]
