"""Pure functions: ranks, intervals, calendars, rows of keys, runs that stay, texts."""

import itertools
from collections import Counter
from datetime import date, timedelta
from fractions import Fraction
from functools import cache

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from drawing import many
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from python_jobs.calendars import CALENDAR_IDS
from python_jobs.calendars.business_calendar import calendar_days
from python_jobs.calendars.forecast_design import BANDS, EOQ_BANDS, FEWEST_ERRORS
from python_jobs.forecasting.core.arrays import PROBABILITIES
from python_jobs.forecasting.core.intervals import (
    GROUPS,
    OriginErrors,
    calibration_groups,
    error_quantiles,
    nearest_ranks,
    normal_quantiles,
)
from python_jobs.loader.text_checks import TextChecks
from python_jobs.maintenance.runs import runs_to_remove
from python_jobs.platform.errors import InputError
from python_jobs.store.rows import first_duplicate, without_keys

KEYS = st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 4)), max_size=12)
FLOATS = st.floats(-1e6, 1e6, width=32)


@many
@given(st.integers(1, 100_000))
def test_nearest_rank_is_the_first_that_reaches_the_share(count: int) -> None:
    """In fractions, without a rounding: rank / count is the probability or more."""
    for place, probability in zip(nearest_ranks(count), PROBABILITIES, strict=True):
        share = Fraction(str(probability))
        assert Fraction(int(place) + 1, count) >= share
        assert place == 0 or Fraction(int(place), count) < share


@many
@given(st.lists(st.booleans(), min_size=1, max_size=500))
def test_a_day_ahead_is_in_the_first_band_that_holds_it(flags: list[bool]) -> None:
    """The last band holds what lies behind it, too."""
    groups = calibration_groups(np.array(flags))
    for ahead, (group, flag) in enumerate(zip(groups, flags, strict=True), start=1):
        bands = EOQ_BANDS if flag else BANDS
        band = next((each for each in bands if ahead <= each), bands[-1])
        assert GROUPS[group] == (flag, band)


@many
@given(
    arrays.arrays(float, (7, 60), elements=FLOATS | st.just(np.nan), fill=FLOATS),
    st.integers(0, 2**32 - 1),
    st.integers(0, 60),
)
def test_error_quantiles_are_ordered_values_of_known_days(
    values: np.ndarray, seed: int, known: int
) -> None:
    """Each is an error that was seen; a group has as many as were known."""
    flags = np.random.default_rng(seed).random(values.shape) < 0.3
    found = error_quantiles([OriginErrors(values, flags)], [known])
    seen = values[:, :known]
    for key, quantiles in found.by_band.items():
        assert (np.diff(quantiles) >= 0).all()
        assert np.isin(quantiles, seen).all()
        assert found.counts[key] >= FEWEST_ERRORS
    assert sum(found.counts.values()) <= np.isfinite(seen).sum()
    filled = found.by_group
    assert np.isfinite(filled).all() == bool(found.by_band)


@many
@given(
    arrays.arrays(float, (2, 5), elements=FLOATS),
    arrays.arrays(float, (2, 5), elements=st.floats(0, 1e6, width=32)),
)
def test_normal_quantiles_are_ordered_around_their_centre(
    centre: np.ndarray, sd: np.ndarray
) -> None:
    """The fifth of nine is the median."""
    found = normal_quantiles(centre, sd)
    assert (np.diff(found, axis=2) >= 0).all()
    assert found[:, :, 4] == pytest.approx(centre, abs=1e-9)


@cache
def calendar(calendar_id: str, window: int) -> pd.DataFrame:
    """Return a calendar of many years by date."""
    days = calendar_days(
        calendar_id,
        first=date(2010, 1, 1),
        last=date(2035, 12, 31),
        eoq_business_days=window,
    )
    return days.set_index(days["calendar_date"].dt.date)


@many
@given(
    st.sampled_from(CALENDAR_IDS),
    st.dates(date(2010, 1, 1), date(2035, 6, 1)),
    st.integers(0, 120),
    st.sampled_from((1, 7, 20)),
)
def test_a_calendar_says_the_same_of_a_day_in_any_range(
    calendar_id: str, first: date, length: int, window: int
) -> None:
    """Neither end of the range changes a day."""
    last = first + timedelta(days=length)
    days = calendar_days(calendar_id, first=first, last=last, eoq_business_days=window)
    assert len(days) == length + 1
    whole = calendar(calendar_id, window).loc[first:last]
    assert days.equals(whole.reset_index(drop=True))


@many
@given(
    st.sampled_from(CALENDAR_IDS),
    st.integers(2010, 2035),
    st.sampled_from((3, 6, 9, 12)),
    st.sampled_from((1, 7, 20)),
)
def test_a_window_holds_the_last_business_days_of_its_quarter(
    calendar_id: str, year: int, month: int, window: int
) -> None:
    """And no more of them; its progress rises from day to day, to 1 on the last."""
    end = (date(year, month, 28) + timedelta(days=4)).replace(day=1)
    end -= timedelta(days=1)
    days = calendar(calendar_id, window).loc[date(year, month - 2, 1) : end]
    assert (days["quarter_end_date"].dt.date == end).all()
    free = days["is_weekend"] | days["is_holiday"]
    assert (days["is_business_day"] == ~free).all()
    inside = days[days["is_eoq_window"]]
    assert inside["is_business_day"].sum() == window
    assert inside["is_business_day"].iloc[0]
    assert inside.index[-1] == end
    assert (days["eoq_progress"] > 0).equals(days["is_eoq_window"])
    assert (inside["eoq_progress"].diff().iloc[1:] > 0).all()
    assert inside["eoq_progress"].iloc[-1] == 1


def rows_of(keys: list[tuple[str, int]]) -> pa.Table:
    """Return rows of keys, numbered."""
    return pa.table(
        {
            "name": pa.array([name for name, _ in keys], pa.string()),
            "day": pa.array([day for _, day in keys], pa.int64()),
            "number": pa.array(range(len(keys)), pa.int64()),
        }
    )


@many
@given(KEYS, KEYS)
def test_rows_without_keys_are_those_of_other_keys(
    stored: list[tuple[str, int]], incoming: list[tuple[str, int]]
) -> None:
    """Every row of another key stays as often as it was there."""
    kept = without_keys(rows_of(stored), rows_of(incoming), key=("name", "day"))
    numbers = [number for number, key in enumerate(stored) if key not in incoming]
    assert sorted(kept["number"].to_pylist()) == numbers


@many
@given(KEYS)
def test_a_duplicate_is_named_when_there_is_one(keys: list[tuple[str, int]]) -> None:
    """And the one named is there more than once."""
    found = first_duplicate(rows_of(keys), key=("name", "day"))
    repeated = {key for key, count in Counter(keys).items() if count > 1}
    assert (found is None) == (not repeated)
    names = {f"name {name}, day {day}" for name, day in repeated}
    assert found is None or found in names


@many
@given(
    st.lists(st.dates(date(2023, 1, 1), date(2026, 1, 1)), unique=True, max_size=40),
    st.integers(1, 12),
)
def test_runs_that_stay_are_the_newest_and_the_last_of_each_month(
    days: list[date], keep: int
) -> None:
    """Nothing else stays, and a second look finds nothing to remove."""
    runs = [{"as_of_date": day} for day in days]
    gone = [run["as_of_date"] for run in runs_to_remove(runs, keep=keep)]
    months = {(day.year, day.month): day for day in sorted(days)}
    stay = {*sorted(days)[-keep:], *months.values()}
    assert set(gone) == set(days) - stay
    left = [run for run in runs if run["as_of_date"] in stay]
    assert runs_to_remove(left, keep=keep) == []


@many
@given(
    st.lists(
        st.sampled_from(
            [b"a,b", b"\n", b"\r\n", b"\r", b"\x00", "é€".encode(), b"\xff"]
        ),
        max_size=12,
    ),
    st.data(),
)
def test_blocks_do_not_change_what_a_text_is(
    pieces: list[bytes], data: st.DataObject
) -> None:
    """Whole or byte by byte: accepted or refused alike."""
    text = b"".join(pieces)
    cuts = data.draw(st.lists(st.integers(0, len(text)), max_size=6).map(sorted))
    bounds = [0, *cuts, len(text)]
    blocks = [text[a:b] for a, b in itertools.pairwise(bounds)]
    assert is_refused([text]) == is_refused([each for each in blocks if each])


def is_refused(blocks: list[bytes]) -> bool:
    """Say whether the blocks of a file are refused."""
    checks = TextChecks("a.csv")
    try:
        for block in blocks:
            checks.add(block)
        checks.finish()
    except InputError:
        return True
    return False
