"""The projection weights: equal to least squares, one set per window, gaps refused."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from python_jobs import calendar_weights
from python_jobs.calendars.forecast_design import LEVEL_TERMS, TERMS
from python_jobs.platform.errors import InputError
from python_jobs.store import TABLES

LAST_DATE = pd.Timestamp("2025-12-31")
FEATURE = "feat_calendar_weights"
WRITTEN = "ml.calendar_weights"


def calendar_days(
    day_count: int, *, calendar_id: str = "us_bank", horizon_days: int = 30
) -> pd.DataFrame:
    """Return days by terms with origins on the last day and 91 days before it."""
    first_date = LAST_DATE - pd.Timedelta(days=day_count - 1)
    dates = pd.Series(
        pd.date_range(first_date, periods=day_count + horizon_days).astype(
            "datetime64[us]"
        )
    )
    years = (dates - pd.Timestamp("2020-01-01")).dt.days / 365.25
    days_left = (dates.dt.to_period("Q").dt.end_time.dt.normalize() - dates).dt.days
    terms = {
        "constant": 1.0,
        "trend": years,
        **{f"weekday_{day}": dates.dt.isocalendar().day == day for day in range(2, 8)},
        **{
            f"annual_{name}_{k}": wave(2 * np.pi * k * years)
            for k in (1, 2, 3)
            for name, wave in (("sin", np.sin), ("cos", np.cos))
        },
        "eoq_window": days_left < 9,
        "eoq_progress": (9 - days_left).clip(lower=0) / 9,
        "quarter_last_5": days_left < 6,
        "quarter_last_10": days_left < 13,
        "first_five": dates.dt.day <= 7,
        "month_end": dates.dt.is_month_end,
        "holiday": (dates.dt.day == 1) & dates.dt.month.isin((1, 5, 9)),
    }
    origins = {LAST_DATE: 0, LAST_DATE - pd.Timedelta(days=91): 1}
    frame = pd.DataFrame(
        {
            "calendar_id": calendar_id,
            "calendar_date": dates,
            **{f"x_{term}": np.float64(1) * values for term, values in terms.items()},
            "origin_number": dates.map(origins).astype("Int64"),
            "is_history": dates <= LAST_DATE,
        }
    )
    return calendar_weights.READS[FEATURE].check(frame, table=FEATURE)


def solved(*frames: pd.DataFrame) -> pd.DataFrame:
    """Return what the job writes, checked against its contract."""
    written = calendar_weights.run(
        {FEATURE: pd.concat(frames, ignore_index=True)},
        as_of_date=date(2025, 12, 31),
        options=None,
        progress=CountingTask(),
    )
    contract = calendar_weights.WRITES[WRITTEN]
    return contract.check(written[WRITTEN], table=WRITTEN, edge="written")


@pytest.mark.parametrize("window_days", [28, 91, 364, 728, 1456, 1461])
def test_weighted_sum_is_least_squares(window_days: int) -> None:
    """Weights times the log usage give numpy's least-squares coefficients."""
    days = calendar_days(1461)
    weights = solved(days).query(f"origin_number == 0 and window_days == {window_days}")
    window = days[days["calendar_date"].isin(weights["weight_date"])]
    log_usage = np.random.default_rng(3).normal(4, 0.3, size=window_days)
    is_full = window_days >= 728
    used = TERMS if is_full else LEVEL_TERMS

    expected = np.linalg.lstsq(window[[f"x_{t}" for t in used]], log_usage)[0]

    assert len(weights) == window_days
    assert weights["weight_date"].max() == LAST_DATE
    coefficients = weights[[f"w_{t}" for t in used]].T.to_numpy() @ log_usage
    np.testing.assert_allclose(coefficients, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(
    ("day_count", "expected"),
    [
        (27, []),
        (28, [28]),
        (200, [28, 91, 182, 200]),
        (800, [28, 91, 182, 364, 728, 800]),
    ],
)
def test_windows_are_those_the_history_fills(
    day_count: int, expected: list[int]
) -> None:
    """Each fixed window within the history, and the whole of it; none under 28 days."""
    weights = solved(calendar_days(day_count))
    live = weights[weights["origin_number"] == 0]
    assert sorted(live["window_days"].unique()) == expected


def test_backtest_knows_nothing_after_its_origin() -> None:
    """No weight lies after the day that the forecast starts from."""
    weights = solved(calendar_days(400))
    last_dates = weights.groupby("origin_number")["weight_date"].max()
    assert last_dates.to_dict() == {0: LAST_DATE, 1: LAST_DATE - pd.Timedelta(days=91)}
    assert (weights["weight_date"] <= weights["origin_date"]).all()


def test_short_window_has_level_weekdays_and_holidays_only() -> None:
    """Under 728 days every other term weighs 0."""
    weights = solved(calendar_days(727))
    other = [t for t in TERMS if t not in LEVEL_TERMS]
    assert (weights[[f"w_{term}" for term in other]] == 0).all(axis=None)
    assert (weights["w_constant"] != 0).any()


def test_terms_that_coincide_share_their_weight() -> None:
    """Two equal columns do not blow the weights up: each gets half."""
    days = calendar_days(800)
    days["x_first_five"] = days["x_month_end"]
    weights = solved(days).query("origin_number == 0 and window_days == 800")
    np.testing.assert_allclose(
        weights["w_first_five"], weights["w_month_end"], atol=1e-9
    )
    largest = weights[[f"w_{term}" for term in TERMS]].abs()
    assert largest.max(axis=None) < 1


def test_term_without_a_day_weighs_nothing() -> None:
    """A window without a holiday has weight 0 for it, not a division by zero."""
    days = calendar_days(91)
    days["x_holiday"] = 0.0
    assert (solved(days)["w_holiday"].abs() < 1e-12).all()


def test_calendars_are_solved_apart() -> None:
    """Each calendar's weights are its own, whatever else is in the frame."""
    first, second = calendar_days(120), calendar_days(120, calendar_id="uk_bank")
    second["x_holiday"] = (second["calendar_date"].dt.day == 26).astype(float)
    together = solved(second, first)
    for frame in (first, second):
        calendar_id = frame["calendar_id"].iloc[0]
        alone = together[together["calendar_id"] == calendar_id]
        pd.testing.assert_frame_equal(alone.reset_index(drop=True), solved(frame))


def test_missing_day_is_refused() -> None:
    """A hole in a calendar names the calendar and the day."""
    days = calendar_days(60)
    holed = days[days["calendar_date"] != pd.Timestamp("2025-12-07")]
    with pytest.raises(InputError, match=r"us_bank has no row for 2025-12-07"):
        solved(holed)


class CountingTask:
    """A task that records its calls."""

    def __init__(self) -> None:
        self.calls: list[object] = []

    def set_total(self, total: int) -> None:
        """Keep the total."""
        self.calls.append(total)

    def advance(self, count: int = 1, *, detail: str = "") -> None:
        """Keep the detail."""
        self.calls.append((count, detail))


def test_progress_counts_calendars() -> None:
    """The total first, then one step per calendar."""
    frames = [calendar_days(40), calendar_days(40, calendar_id="uk_bank")]
    task = CountingTask()
    calendar_weights.run(
        {FEATURE: pd.concat(frames)},
        as_of_date=date(2025, 12, 31),
        options=None,
        progress=task,
    )
    assert task.calls == [2, (1, "us_bank"), (1, "uk_bank")]


def test_contract_writes_every_column_of_the_table() -> None:
    """What the job writes is the table less the columns the runner adds."""
    declared = {column.name for column in TABLES[WRITTEN].columns}
    written = set(calendar_weights.WRITES[WRITTEN].columns)
    assert declared - written == {"run_id", "as_of_date"}
    assert not written - declared
