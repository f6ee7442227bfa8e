"""Any long frame is forecast: shapes, faults, units, and patterns that are certain."""

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from threadpoolctl import ThreadpoolController

from python_jobs.calendars.forecast_design import QUANTILES
from python_jobs.forecasting.panel import forecast_panel
from python_jobs.platform.errors import InputError, UsageError

QUANTILE_NAMES = list(QUANTILES)
COLUMNS = ["unique_id", "ds", "model", "reason", "forecast_value", *QUANTILE_NAMES]
NUMBERS = ["forecast_value", *QUANTILE_NAMES]
DAYS = 200
FIRST = "2024-01-01"
WEEK = np.array([4.0, 5.0, 6.0, 5.0, 4.0, 1.0, 1.0])
RANDOM = np.random.default_rng(20_240_101)
NOISE = RANDOM.normal(size=3000)


def series(
    values: Any, unique_id: object = "a", *, first: str = FIRST, step: str = "D"
) -> pd.DataFrame:
    """Return one series as a long frame."""
    values = np.asarray(values, dtype=np.float64)
    days = pd.date_range(first, periods=len(values), freq=step)
    return pd.DataFrame({"unique_id": unique_id, "ds": days, "y": values})


def weekly(days: int = DAYS, *, level: float = 50.0, noise: float = 0.5) -> np.ndarray:
    """Return a week that comes again, from a Monday, and noise."""
    return level + 2.0 * np.resize(WEEK, days) + noise * NOISE[:days]


def hourly(hours: int) -> np.ndarray:
    """Return a day's wave on working days, a smaller one at weekends, and no noise."""
    hour = np.arange(hours)
    size = np.where(hour // 24 % 7 >= 5, 3.0, 10.0)
    return 50.0 + size * np.sin(2.0 * np.pi * hour / 24.0)


def forecast(frame: pd.DataFrame, **options: Any) -> pd.DataFrame:
    """Forecast with few steps, which the tests can look through."""
    return forecast_panel(frame, **({"horizon": 14} | options))


def assert_sane(rows: pd.DataFrame) -> None:
    """Every row has finite numbers, and no quantile crosses the next."""
    assert np.isfinite(rows[NUMBERS].to_numpy()).all()
    assert (np.diff(rows[QUANTILE_NAMES].to_numpy(), axis=1) >= 0.0).all()


STRANGE = {
    "negative": -weekly(),
    "around_zero": weekly() - 58.0,
    "zero": np.zeros(DAYS),
    "constant": np.full(DAYS, 7.0),
    "one_row": np.array([3.0]),
    "two_rows": np.array([3.0, 4.0]),
    "four_weeks": weekly(28),
    "gaps": np.where(NOISE[:DAYS] > 1.0, np.nan, weekly()),
    "mostly_missing": np.where(NOISE[:DAYS] > -1.6, np.nan, weekly()),
    "no_weekends": np.where(np.arange(DAYS) % 7 > 4, np.nan, weekly()),
    "ends_unknown": np.append(weekly(), np.full(60, np.nan)),
    "ends_early": np.append(weekly(30), np.full(13, np.nan)),
    "infinite": np.append(weekly(), [np.inf, -np.inf]),
    "largest": weekly() * 1e306,
    "smallest": weekly() * 5e-324,
    "far_from_zero": 1e12 + weekly(),
    "step": weekly() + np.where(np.arange(DAYS) > 120, 300.0, 0.0),
    "spike": weekly() + np.where(np.arange(DAYS) == 197, 1e6, 0.0),
    "switched_off": np.append(weekly(170), np.zeros(30)),
    "growth": np.exp(np.arange(DAYS) / 20.0),
    "intermittent": np.where(NOISE[:DAYS] > 1.3, 5.0, 0.0),
    "two_values": np.arange(DAYS) % 2.0,
}
"""Series that no model was made for; first of the panel is a Monday."""


@pytest.mark.parametrize("frequency", ["D", "h"])
def test_strange_series_are_forecast_in_one_panel(frequency: str) -> None:
    """Each has every step, finite numbers and quantiles in order."""
    frame = pd.concat(
        [series(values, name, step=frequency) for name, values in STRANGE.items()]
    )
    rows = forecast(frame, frequency=frequency)
    assert rows.groupby("unique_id").size().to_dict() == dict.fromkeys(STRANGE, 14)
    assert_sane(rows)
    assert rows["model"].notna().all()
    lowest = rows.groupby("unique_id")[QUANTILE_NAMES[0]].min()
    never_negative = [name for name in STRANGE if np.nanmin(STRANGE[name][:28]) >= 0.0]
    assert (lowest[never_negative] >= 0.0).all()
    assert lowest["negative"] < 0.0


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("zero", "flat"),
        ("switched_off", "flat"),
        ("one_row", "too_short"),
        ("two_rows", "too_short"),
        ("mostly_missing", "gap"),
        ("ends_unknown", "silent"),
        ("ends_early", "gap"),
    ],
)
def test_a_fallback_says_why(name: str, reason: str) -> None:
    """No model is fitted to these, and the column says what was in its way."""
    rows = forecast(series(STRANGE[name]))
    assert set(rows["reason"]) == {reason}
    assert set(rows["model"]) <= {"last_value", "season_mean"}


@pytest.mark.parametrize("name", ["four_weeks", "step", "gaps", "no_weekends"])
def test_a_model_is_fitted_where_it_can_be(name: str) -> None:
    """Four weeks are enough, and a day that a series never has is no gap."""
    assert forecast(series(STRANGE[name]))["reason"].isna().all()


def test_the_contract_of_the_rows() -> None:
    """One row per series and step from its own end, sorted, with a fresh index."""
    frame = pd.concat(
        [series(weekly(), "b"), series(weekly(60), "a", first="2024-03-01")]
    )
    rows = forecast(frame, horizon=3)
    assert list(rows.columns) == COLUMNS
    assert rows.index.equals(pd.RangeIndex(6))
    assert rows["unique_id"].tolist() == ["a"] * 3 + ["b"] * 3
    assert rows["ds"].astype(str).tolist() == [
        *("2024-04-30", "2024-05-01", "2024-05-02"),
        *("2024-07-19", "2024-07-20", "2024-07-21"),
    ]
    assert rows["ds"].dtype.kind == "M"
    assert (rows[NUMBERS].dtypes == np.float64).all()
    assert rows["unique_id"].dtype == frame["unique_id"].dtype


def test_hours_are_counted_from_the_newest_hour() -> None:
    """The last hour of a day is followed by the first of the next."""
    rows = forecast(series(hourly(24 * 14), step="h"), frequency="h", horizon=2)
    assert rows["ds"].astype(str).tolist() == [
        "2024-01-15 00:00:00",
        "2024-01-15 01:00:00",
    ]


def test_identifiers_keep_their_type() -> None:
    """Numbers come back as numbers, in their order."""
    frame = pd.concat([series(weekly(30), each) for each in (10, 9)])
    rows = forecast(frame, horizon=1)
    assert rows["unique_id"].tolist() == [9, 10]
    assert rows["unique_id"].dtype == frame["unique_id"].dtype


def test_an_empty_frame_has_no_forecast() -> None:
    """The columns are there, the rows are not."""
    rows = forecast(series(weekly()).iloc[:0])
    assert list(rows.columns) == COLUMNS
    assert rows.empty


def test_a_series_without_any_value_has_a_reason() -> None:
    """Its steps are there, without numbers, and its neighbour is forecast."""
    frame = pd.concat([series(np.full(50, np.nan), "nothing"), series(weekly(), "a")])
    rows = forecast(frame)
    of_nothing = rows[rows["unique_id"] == "nothing"]
    assert set(of_nothing["reason"]) == {"all_missing"}
    assert of_nothing["model"].isna().all()
    assert of_nothing[NUMBERS].isna().all(axis=None)
    assert_sane(rows[rows["unique_id"] == "a"])


def test_order_of_rows_does_not_matter() -> None:
    """Shuffled rows, another index: the same forecast to the last digit."""
    frame = pd.concat(
        [series(weekly(), "a"), series(weekly(90, level=9.0), "b"), series([1.0], "c")]
    )
    shuffled = frame.sample(frac=1.0, random_state=1)
    pd.testing.assert_frame_equal(forecast(frame), forecast(shuffled))


def test_a_missing_row_is_a_missing_value() -> None:
    """A day left out and a day without a number are one and the same."""
    values = weekly()
    values[[5, 70, 71, 150]] = np.nan
    frame = series(values)
    pd.testing.assert_frame_equal(forecast(frame), forecast(frame.dropna()))


@pytest.mark.parametrize("frequency", ["D", "h"])
def test_processes_change_nothing(frequency: str) -> None:
    """One core or two: the same rows."""
    frame = pd.concat(
        [
            series(weekly(length, level=level), f"{level}", step=frequency)
            for length, level in ((200, 10.0), (400, 20.0), (700, 30.0))
        ]
    )
    alone, both = (
        forecast(frame, frequency=frequency, processes=count) for count in (1, 2)
    )
    pd.testing.assert_frame_equal(alone, both)


def test_libraries_are_looked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Groups that end on different days each limit BLAS, which must cost nothing."""
    frame = pd.concat([series(weekly(90 + each), each) for each in range(3)])
    forecast(frame, model="level_calendar", processes=1)

    def refused(_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(ThreadpoolController, "_load_libraries", refused)
    rows = forecast(frame, model="level_calendar", processes=1)
    assert rows["reason"].isna().all()


@pytest.mark.parametrize("unit", [2.0**40, 2.0**-900])
@pytest.mark.parametrize("frequency", ["D", "h"])
def test_a_power_of_two_changes_no_digit(frequency: str, unit: float) -> None:
    """Gibibytes instead of bytes: the same forecast in the other unit."""
    frame = series(weekly(), step=frequency)
    rows = forecast(frame, frequency=frequency)
    scaled = forecast(frame.assign(y=frame["y"] * unit), frequency=frequency)
    np.testing.assert_array_equal(scaled[NUMBERS], rows[NUMBERS] * unit)


@pytest.mark.parametrize("unit", [100.0, 0.3])
def test_any_unit_has_the_same_forecast(unit: float) -> None:
    """Percent instead of a share, up to rounding."""
    frame = series(weekly())
    rows = forecast(frame)
    scaled = forecast(frame.assign(y=frame["y"] * unit))
    np.testing.assert_allclose(scaled[NUMBERS], rows[NUMBERS] * unit, rtol=1e-3)


def test_series_of_other_metrics_do_not_meet() -> None:
    """With a metric of its own a neighbour of any kind changes nothing."""
    one = series(weekly(), "a").assign(metric="cpu")
    other = series(STRANGE["spike"], "b").assign(metric="disk")
    alone = forecast(one)
    beside = forecast(pd.concat([one, other]))
    pd.testing.assert_frame_equal(
        alone, beside[beside["unique_id"] == "a"].reset_index(drop=True)
    )


def test_an_older_series_changes_no_window() -> None:
    """The whole of a history is used, whatever began before it in the panel."""
    season = 5.0 * np.sin(2.0 * np.pi * np.arange(500) / 365.25)
    one = series(weekly(500) + season, first="2023-01-01").assign(metric="cpu")
    older = series([1.0], "b", first="2019-01-01").assign(metric="disk")
    alone = forecast(one, horizon=90)
    beside = forecast(pd.concat([one, older]), horizon=90)
    assert beside["model"][:90].equals(alone["model"])
    np.testing.assert_allclose(beside[NUMBERS][:90], alone[NUMBERS], rtol=1e-4)


@pytest.mark.parametrize("name", ["spike", "growth", "intermittent", "one_row"])
def test_a_neighbour_moves_a_forecast_little(name: str) -> None:
    """Errors are pooled by metric: a tenth of the noise at most, here."""
    alone = forecast(series(weekly(), "a"))
    frame = pd.concat([series(weekly(), "a"), series(STRANGE[name], "b")])
    beside = forecast(frame)
    moved = beside["forecast_value"][:14] - alone["forecast_value"]
    assert moved.abs().max() < 0.5
    assert_sane(beside)


def test_a_purely_weekly_series_is_known() -> None:
    """Thirteen weeks ahead of a week that always comes again."""
    rows = forecast(series(weekly(364, noise=0.0)), horizon=91)
    expected = np.resize(weekly(364, noise=0.0)[:7], 91)
    assert np.abs(rows["forecast_value"] - expected).max() < 0.02
    assert rows["reason"].isna().all()


def test_purely_daily_and_weekly_hours_are_known() -> None:
    """Two days ahead across a weekend's start: working days and weekends differ."""
    hours = hourly(24 * (7 * 8 + 4) + 48)
    rows = forecast(series(hours[:-48], step="h"), frequency="h", horizon=48)
    assert np.abs(rows["forecast_value"] - hours[-48:]).max() < 0.3
    assert rows["reason"].isna().all()


def test_a_meter_is_read_on() -> None:
    """Hours of a counter that grows by 5 an hour: two days ahead it has grown on."""
    hours = np.arange(24 * 60 + 48)
    meter = np.cumsum(5.0 + 4.0 * np.sin(hours / 24.0 * 2.0 * np.pi))
    meter += 0.5 * NOISE[: len(hours)]
    known = series(meter[:-48], step="h")
    rows = forecast(known, frequency="h", horizon=48)
    assert np.abs(rows["forecast_value"] - meter[-48:]).mean() < 24.0


def test_a_step_is_followed() -> None:
    """Eighty days after a step the forecast stands on the new level."""
    rows = forecast(series(STRANGE["step"]), horizon=28)
    assert rows["forecast_value"].between(345.0, 370.0).all()


@pytest.mark.parametrize("frequency", ["D", "h"])
def test_a_glitch_moves_nothing(frequency: str) -> None:
    """One value of a million, three steps before the end: the week comes again."""
    rows = forecast(series(STRANGE["spike"], step=frequency), frequency=frequency)
    assert rows["forecast_value"].between(45.0, 70.0).all()
    assert rows["forecast_q97_5"].max() < 200.0


def test_no_quantile_leaves_the_seen_range_by_far() -> None:
    """Weeks at rest, hours of work: no logarithm makes powers of ten of them."""
    hours = np.arange(24 * 20)
    usage = np.where(NOISE[: len(hours)] > 1.5, 80.0, 0.1)
    usage[:240] = 0.1
    rows = forecast(series(usage, step="h"), frequency="h", horizon=48)
    assert rows[QUANTILE_NAMES].max(axis=None) <= 2.0 * 80.0
    assert rows["forecast_q2_5"].min() >= 0.0


def test_intervals_hold_what_comes() -> None:
    """Of forty series of noise, 80 percent intervals hold 70 to 90 percent."""
    parts = [
        50.0 + np.resize(WEEK, 230) + np.random.default_rng(seed).normal(size=230)
        for seed in range(40)
    ]
    known = pd.concat([series(part[:200], f"{n:02d}") for n, part in enumerate(parts)])
    rows = forecast(known, horizon=30)
    came = np.concatenate([part[200:] for part in parts])
    held = (rows["forecast_q10"] <= came) & (came <= rows["forecast_q90"])
    assert 0.7 < held.mean() < 0.9


def test_demand_that_comes_and_goes_keeps_its_quantiles() -> None:
    """Four weeks without an order, the longest time so far: one is still likely."""
    demand = np.zeros(300)
    demand[10:272:15] = 8.0
    rows = forecast(series(demand))
    assert set(rows["reason"]) == {"flat"}
    assert (rows["forecast_value"] == 0.0).all()
    assert (rows["forecast_q97_5"] == 8.0).all()


def test_what_was_switched_off_stays_off() -> None:
    """A month of zeros after months of usage: no quantile tells of the usage."""
    rows = forecast(series(STRANGE["switched_off"]))
    assert (rows[NUMBERS] == 0.0).all(axis=None)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"frequency": "W"}, "frequency 'W' is unknown → D, h"),
        ({"model": "oracle"}, "model 'oracle' is unknown → auto, level_calendar"),
        ({"horizon": 0}, "horizon 0 → at least one step"),
        ({"horizon": 10.0}, "horizon 10.0 → give a whole number"),
        ({"horizon": 4_000_000}, "horizon 4000000 ends after the year 2199"),
    ],
)
def test_unknown_options_are_reported(options: dict[str, Any], said: str) -> None:
    """The message lists what there is."""
    with pytest.raises(UsageError, match=said):
        forecast(series(weekly(30)), **options)


FAULTS = {
    "has no column y": series(weekly(30)).drop(columns="y"),
    "column ds is": series(weekly(30)).assign(ds="2024-01-01"),
    "column ds is datetime64.*UTC": series(weekly(30)).assign(
        ds=lambda rows: rows["ds"].dt.tz_localize("UTC")
    ),
    "column ds is timestamp.us, tz=UTC": series(weekly(30)).astype(
        {"ds": pd.ArrowDtype(pa.timestamp("us", tz="UTC"))}
    ),
    "has no column unique_id; it has 0, 1": pd.DataFrame({0: [1], 1: [2]}),
    "column y twice": series(weekly(30)).pipe(
        lambda rows: pd.concat([rows, rows[["y"]]], axis=1)
    ),
    "a has a row for 2500-01-01 .1 such": pd.concat(
        [
            series(weekly(30)),
            series(weekly(1)).assign(
                ds=np.array(["2500-01-01"], dtype="datetime64[us]")
            ),
        ]
    ),
    "column y is": series(weekly(30)).assign(y="many"),
    "rows without unique_id or ds": series(weekly(30)).assign(ds=pd.NaT),
    "rows without unique_id": series(weekly(30)).assign(unique_id=None),
    "a has more than one row for 2024-01-03 .1 repeated": pd.concat(
        [series(weekly(30)), series(weekly(30)).iloc[2:3]]
    ),
    "calendar 'mars' is unknown": series(weekly(30)).assign(calendar_id="mars"),
}


@pytest.mark.parametrize("said", FAULTS)
def test_a_frame_that_cannot_be_used_is_reported(said: str) -> None:
    """What is wrong, and where."""
    with pytest.raises(InputError, match=said):
        forecast(FAULTS[said])


def test_a_named_model_is_the_one() -> None:
    """Its name stands in every row; the naive one repeats the last week."""
    rows = forecast(series(weekly()), model="seasonal_naive_7")
    assert set(rows["model"]) == {"seasonal_naive_7"}
    np.testing.assert_allclose(
        rows["forecast_value"], np.tile(weekly()[-7:], 2), rtol=1e-5
    )
