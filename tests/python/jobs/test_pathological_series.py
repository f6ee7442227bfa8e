"""Series that make statsmodels fail silently: each ends as a forecast or a reason."""

import warnings

import numpy as np
import pytest
from fleet_frames import (
    LITERAL,
    USAGE,
    Forecast,
    WrittenSeries,
    frames,
    load_rows,
    outcomes,
    run,
    wave,
)
from statsmodels.tsa.statespace.sarimax import SARIMAX

from python_jobs.forecasting.config import Candidate, JobsConfig
from python_jobs.forecasting.core.arrays import LINEAR, ModelForecast, Reason
from python_jobs.forecasting.core.guards import (
    LARGEST_EXCURSION,
    Bounds,
    rejections,
)
from python_jobs.forecasting.models.literal import LITERAL_MODELS, outcome

DAYS = 300
UNKNOWN = np.full(DAYS, np.nan)


def spiked() -> np.ndarray:
    """Return quiet usage with one day at the ceiling, a week before the origin."""
    usage = wave(DAYS, level=20.0)
    usage[-98] = 100.0
    return usage


def risen() -> np.ndarray:
    """Return usage that rises steeply and stands at the ceiling in the end."""
    steps = np.linspace(0.0, 1.0, DAYS) ** 6
    return np.clip(5.0 + 130.0 * steps + wave(DAYS) / 40.0, 0.0, 100.0)


def shifted(days: int = 10) -> np.ndarray:
    """Return usage that doubled so many days ago."""
    usage = wave(DAYS, level=30.0)
    usage[-days:] *= 2.0
    return usage


REFUSED = {
    "constant": (WrittenSeries(np.full(DAYS, 50.0)), Reason.FLAT),
    "zero": (WrittenSeries(np.zeros(DAYS)), Reason.FLAT),
    "all_missing": (WrittenSeries(UNKNOWN), Reason.NOT_FINITE),
    "never_measured": (WrittenSeries(wave(DAYS), measured=UNKNOWN), Reason.SILENT),
    "infinite": (WrittenSeries(np.append(wave(DAYS - 1), np.inf)), Reason.NOT_FINITE),
    "one_gap": (WrittenSeries(wave(DAYS), left_out=frozenset({150})), Reason.GAP),
    "short": (WrittenSeries(wave(20)), Reason.TOO_SHORT),
    "dead_end": (WrittenSeries(wave(DAYS), filled_days=14), Reason.SILENT),
    "switched_off": (
        WrittenSeries(np.append(wave(DAYS - 28), np.zeros(28))),
        Reason.FLAT,
    ),
    "decommissioned": (WrittenSeries(wave(DAYS), ended_days_ago=1), Reason.ENDED),
    "one_day": (WrittenSeries(wave(1)), Reason.FLAT),
    "long_dead": (WrittenSeries(wave(DAYS), filled_days=120), Reason.SILENT),
}
FORECAST = {
    "spike": WrittenSeries(spiked()),
    "level_shift": WrittenSeries(shifted()),
    "barely_alive": WrittenSeries(wave(DAYS), filled_days=13),
    "four_weeks": WrittenSeries(wave(28)),
    "risen": WrittenSeries(risen()),
    "on_and_off": WrittenSeries(np.where(np.arange(DAYS) % 2, 90.0, 0.0)),
    "rare_peaks": WrittenSeries(np.where(np.arange(DAYS) % 17, 1e-7, 60.0)),
}
STATES = {
    "constant": "constant",
    "zero": "constant",
    "all_missing": "not_finite",
    "never_measured": "all_missing",
    "infinite": "not_finite",
    "one_gap": "gap",
    "short": "too_short",
    "dead_end": "outage_at_end",
    "switched_off": "constant",
    "decommissioned": "outage_at_end",
    "one_day": "constant",
    "long_dead": "dead",
    "spike": "short_history",
    "level_shift": "level_shift",
    "barely_alive": "short_history",
    "four_weeks": "short_history",
    "risen": "level_shift",
    "on_and_off": "short_history",
    "rare_peaks": "short_history",
}
"""What `ml.series_states` says of each."""


@pytest.mark.parametrize(
    "options",
    [
        JobsConfig(processes=1, fit_days=182),
        JobsConfig(engine="statsmodels", processes=1, fit_days=91),
    ],
    ids=lambda options: options.engine,
)
def test_each_engine_has_a_forecast_or_a_reason_for_each(options: JobsConfig) -> None:
    """Nineteen series among twelve sound ones: each has its state, nothing else breaks.

    Every published number is finite, quantiles do not cross, and nothing is forecast
    outside 0 to 100 %.
    """
    refused = {name: written for name, (written, _) in REFUSED.items()}
    sound = {f"sound_{k}": WrittenSeries(wave(DAYS, seed=k)) for k in range(12)}
    odd = refused | FORECAST
    assert len(odd) == 19
    given = frames(sound, day_count=DAYS)
    # the contract refuses what SQL never hands over; the engine must stand it as well
    rows = load_rows(odd | sound).sort_values(["server_id", "metric", "metric_date"])
    published = run(
        given | {USAGE: rows.reset_index(drop=True)},
        options=options,
    )
    states = published["ml.series_states"].set_index("server_id")
    assert states.loc[list(STATES), "state"].to_dict() == STATES
    expected = {name: str(reason) for name, (_, reason) in REFUSED.items()}
    assert states.loc[list(expected), "reason"].to_dict() == expected
    assert (states["reason"].isna() == states["model"].notna()).all()
    assert states.loc[list(sound), "model"].notna().all()
    live = published["ml.usage_forecasts"].query("origin_number == 0")
    forecast = states.index[states["model"].notna()]
    assert set(live["server_id"]) == set(forecast)
    assert live.groupby("server_id").size().eq(30).all()
    for rows in published.values():
        assert np.isfinite(rows.select_dtypes("number").fillna(0.0)).all(axis=None)
    quantiles = live.filter(like="forecast_q").to_numpy()
    assert quantiles.shape[1] == 9
    assert (np.diff(quantiles, axis=1) >= 0.0).all()
    assert quantiles.min() >= 0.0
    assert quantiles.max() <= 100.0


@pytest.mark.parametrize("name", REFUSED)
def test_refused_before_a_fit(name: str) -> None:
    """What cannot be learnt from is refused by every candidate, with the reason."""
    written, reason = REFUSED[name]
    found = outcomes({name: written}, day_count=DAYS)
    assert found == {(name, candidate): reason for candidate in LITERAL}


@pytest.mark.parametrize("name", FORECAST)
def test_odd_series_that_are_forecast(name: str) -> None:
    """Spikes, a shift, a short or a lately silent history are no reason to refuse."""
    found = outcomes({name: FORECAST[name]}, day_count=DAYS)
    assert [model for _, model in found] == list(LITERAL)
    for forecast in found.values():
        assert isinstance(forecast, Forecast)
        assert forecast.values.shape == (30,)
        assert forecast.quantiles.shape == (30, 9)
        assert (np.diff(forecast.quantiles, axis=1) >= 0.0).all()
        assert ((forecast.quantiles >= 0.0) & (forecast.quantiles <= 100.0)).all()


def test_level_shift_is_followed() -> None:
    """Three weeks after usage has doubled, calendar forecasts are at its new level.

    The usage ended around 60 on business days and 36 on weekends; before it was half. A
    shift of less than two weeks is winsorised, and followed in part.
    """
    candidates: tuple[Candidate, ...] = ("holt_winters_calendar", "sarima_calendar")
    fleet = {"shift": WrittenSeries(shifted(21))}
    found = outcomes(fleet, day_count=DAYS, candidates=candidates)
    assert len(found) == 2
    for forecast in found.values():
        assert isinstance(forecast, Forecast)
        assert 45.0 < np.median(forecast.values) < 75.0


def test_rise_to_the_ceiling_is_cut_or_refused() -> None:
    """A rise to 100 % is never forecast above 100 %, by no candidate and quantile."""
    found = outcomes({"rise": WrittenSeries(risen())}, day_count=DAYS)
    assert {model for _, model in found} == set(LITERAL)
    for said in found.values():
        if isinstance(said, Forecast):
            assert said.quantiles.max() <= 100.0
        else:
            assert said in (Reason.EXPLOSIVE, Reason.ABOVE_CAPACITY)


def test_statsmodels_fails_silently_and_is_not_asked() -> None:
    """SARIMAX calls a series without one value converged at 0; the guard refuses it."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        fit = SARIMAX(UNKNOWN, order=(1, 1, 1)).fit(disp=False, cov_type="none")
    assert fit.mle_retvals["converged"]
    assert fit.forecast(1)[0] == 0.0
    for candidate in LITERAL:
        assert fitted(candidate, UNKNOWN) is Reason.NOT_FINITE


def fitted(candidate: Candidate, values: np.ndarray, *, steps: int = 50) -> object:
    """Return what one class says of the values of one series."""
    return outcome(LITERAL_MODELS[candidate].fit, values, horizon_days=10, steps=steps)


@pytest.mark.parametrize("candidate", LITERAL)
def test_one_missing_day_is_refused_by_each_model(candidate: Candidate) -> None:
    """Holt-Winters would carry one gap into every day ahead."""
    usage = wave(120)
    usage[60] = np.nan
    assert fitted(candidate, usage) is Reason.NOT_FINITE


def test_fit_that_ends_early_is_refused() -> None:
    """One step is too few to converge: a reason, not a forecast."""
    assert fitted("sarima", wave(200), steps=1) is Reason.NOT_CONVERGED


def guarded(
    forecast: list[float], spread: list[float], *, capacity: float
) -> list[Reason | None]:
    """Return what the guard says of a forecast of usage that was seen at 40 to 60."""
    said = ModelForecast(
        centre=np.array([forecast]),
        sd=np.array([spread]),
        transform=LINEAR,
        is_converged=np.ones(1, bool),
        state={},
    )
    bounds = Bounds(
        lowest=np.array([40.0]),
        highest=np.array([60.0]),
        capacities=np.array([capacity]),
        ceilings=np.array([100.0]),
    )
    return rejections(said, bounds)


@pytest.mark.parametrize(
    ("forecast", "spread", "reason"),
    [
        ([50.0, np.nan], [1.0, 1.0], Reason.FORECAST_NOT_FINITE),
        ([50.0, 50.0], [1.0, np.inf], Reason.FORECAST_NOT_FINITE),
        ([50.0, 50.0], [1.0, 0.0], Reason.FORECAST_NOT_FINITE),
        # seen 40 to 60, so 100 is two widths above and 0 two widths below
        ([50.0, 100.1], [1.0, 1.0], Reason.EXPLOSIVE),
        ([50.0, -0.1], [1.0, 1.0], Reason.EXPLOSIVE),
        # capacity 72: 90 is a quarter above it
        ([91.0, 90.0], [1.0, 1.0], Reason.ABOVE_CAPACITY),
    ],
)
def test_forecast_that_no_load_can_follow(
    forecast: list[float], spread: list[float], reason: Reason
) -> None:
    """Each rule on what a fit says, just beyond its limit."""
    assert LARGEST_EXCURSION == 2.0
    assert guarded(forecast, spread, capacity=72.0) == [reason]


def test_forecast_within_the_limits_is_accepted() -> None:
    """The limits themselves pass, and an unknown capacity limits nothing."""
    assert guarded([100.0, 0.0], [1.0, 1.0], capacity=72.0) == [None]
    assert guarded([90.0, 90.0], [1.0, 1.0], capacity=72.0) == [None]
    assert guarded([99.0, 99.0], [1.0, 1.0], capacity=np.nan) == [None]
