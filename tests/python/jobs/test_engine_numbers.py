"""What the batched engine computes, against numbers worked out by hand or by numpy."""

import numpy as np
import pytest
from scipy.special import ndtri

from python_jobs.calendars.forecast_design import FEWEST_ERRORS
from python_jobs.forecasting.config import Candidate
from python_jobs.forecasting.core.arrays import LINEAR, LOG, BlockData, ModelForecast
from python_jobs.forecasting.core.intervals import (
    ErrorQuantiles,
    OriginErrors,
    calibration_groups,
    error_quantiles,
    usage_ahead,
)
from python_jobs.forecasting.core.prior import Shrinkage, weighted_levels
from python_jobs.forecasting.core.regression import (
    WINSOR_DEVIATES,
    SharedDesign,
    carry_levels,
    fit_regression,
)
from python_jobs.forecasting.core.selection import NAIVE, Scores, beats_naive, champion
from python_jobs.forecasting.models.arima import fit_arima, forecast_arima
from python_jobs.forecasting.models.combination import inverse_error_mean
from python_jobs.forecasting.models.registry import BLOCK_MODELS
from python_jobs.forecasting.models.smoothing import fit_smoothing, forecast_smoothing

DAYS = 140


def weekday_design() -> SharedDesign:
    """Return a level and six weekdays over `DAYS` days."""
    weekday = np.arange(DAYS) % 7
    terms = np.column_stack([np.ones(DAYS), *(weekday == day for day in range(1, 7))])
    return SharedDesign.of(terms.astype(np.float64), used=list(range(7)))


def noisy_weeks(count: int) -> np.ndarray:
    """Return log usage of a working week with noise of 0.1."""
    random = np.random.default_rng(5)
    week = np.array([3.0, 3.1, 3.2, 3.1, 3.0, 2.5, 2.4])
    noise: np.ndarray = random.normal(0.0, 0.1, (count, DAYS))
    return week[np.arange(DAYS) % 7] + noise


def test_regression_is_least_squares_on_quiet_days() -> None:
    """Without outliers and filled days the fit is numpy's, series by series."""
    logs = np.clip(noisy_weeks(3), 2.3, 3.4)
    design = weekday_design()
    fit = fit_regression(logs, is_filled=np.zeros(logs.shape, bool), design=design)
    solved, *_ = np.linalg.lstsq(design.terms, logs.T, rcond=None)
    np.testing.assert_allclose(fit.coefficients, solved.T, atol=1e-10)
    np.testing.assert_allclose(fit.residuals, logs - (design.terms @ solved).T)
    assert list(fit.shift_day) == [-1, -1, -1]


def test_outlier_is_winsorised_and_a_filled_day_weighs_nothing() -> None:
    """A day 50 spreads high moves no coefficient by more than its clipped share."""
    logs = noisy_weeks(1)
    design, nothing = weekday_design(), np.zeros((1, DAYS), bool)
    calm = fit_regression(logs, is_filled=nothing, design=design)
    spiked = logs.copy()
    spiked[0, 70] += 5.0
    fit = fit_regression(spiked, is_filled=nothing, design=design)
    assert abs(fit.coefficients - calm.coefficients).max() < 0.06
    assert fit.residuals[0, 70] == pytest.approx(
        WINSOR_DEVIATES * fit.spread[0], rel=0.15
    )
    filled = nothing.copy()
    filled[0, 70] = True
    ignored = fit_regression(spiked, is_filled=filled, design=design)
    assert abs(ignored.residuals[0, 70]) < 0.05


def test_level_shift_of_two_weeks_is_found() -> None:
    """What has halved 16 days ago."""
    logs = noisy_weeks(1)
    logs[0, DAYS - 16 :] -= np.log(2.0)
    nothing = np.zeros(logs.shape, bool)
    fit = fit_regression(logs, is_filled=nothing, design=weekday_design())
    assert list(fit.shift_day) == [DAYS - 16]


def test_filled_steps_carry_the_level_on() -> None:
    """A tenth of each measured step moves it: 0, .1 of 1, and 1.9 by .1 from there."""
    residuals = np.array([[0.0, 1.0, 9.0, 1.9, 9.0]])
    is_filled = np.array([[False, False, True, False, True]])
    carry_levels(residuals, is_filled)
    np.testing.assert_allclose(residuals, [[0.0, 1.0, 0.1, 1.9, 0.28]])


def test_level_shift_is_found_on_its_day() -> None:
    """Usage that doubles on day 90 is brought to today's level; 2 % are no shift.

    Doubling is a step of ln 2 in the log; residuals then are those of the noise.
    """
    logs = noisy_weeks(2)
    logs[0, :90] -= np.log(2.0)
    logs[1, :90] -= np.log(1.02)
    nothing = np.zeros(logs.shape, bool)
    fit = fit_regression(logs, is_filled=nothing, design=weekday_design())
    assert list(fit.shift_day) == [90, -1]
    assert fit.residuals[0].std() == pytest.approx(0.1, rel=0.2)
    assert fit.coefficients[0, 0] == pytest.approx(3.0, abs=0.06)


def test_shrinkage_by_hand() -> None:
    """One term, ten days: weight 10·v / (10·v + s) with prior variance v.

    Coefficient 5, prior 3 and v .5: with residual variance 5 half of the way, with 0
    none, and where the prior's variance is 0 all of it.
    """
    design = SharedDesign.of(np.ones((10, 1)), used=[0])
    for variance, prior_variance, expected in (
        (5.0, 0.5, 4.0),
        (15.0, 0.5, 3.5),
        (0.0, 0.5, 5.0),
        (5.0, 0.0, 3.0),
    ):
        prior = Shrinkage.of(
            design.terms,
            is_used=design.is_used,
            middle=np.array([3.0]),
            variance=np.array([prior_variance]),
        )
        shrunk = prior.applied(np.array([[5.0]]), variance=np.array([variance]))
        assert shrunk == pytest.approx(np.array([[expected]]))


def test_shrinkage_is_the_posterior_of_all_terms_together() -> None:
    """Against (X'X/s + V^-1)^-1 (X'X b/s + V^-1 m), solved term by term."""
    random = np.random.default_rng(1)
    terms = np.column_stack([np.ones(60), random.normal(size=(60, 2))])
    terms[:, 2] += 0.9 * terms[:, 1]
    middle, prior = np.array([1.0, 0.2, -0.1]), np.array([4.0, 0.01, 0.02])
    coefficients = np.array([[2.0, 0.5, 0.3], [0.0, -0.4, 0.1]])
    variance = np.array([0.5, 2.0])
    design = SharedDesign.of(terms, used=[0, 1, 2])
    shrinkage = Shrinkage.of(
        terms, is_used=design.is_used, middle=middle, variance=prior
    )
    shrunk = shrinkage.applied(coefficients, variance=variance)
    cross = terms.T @ terms
    for row, own, scale in zip(shrunk, coefficients, variance, strict=True):
        precision = cross / scale + np.diag(1.0 / prior)
        expected = np.linalg.solve(precision, cross @ own / scale + middle / prior)
        np.testing.assert_allclose(row, expected, rtol=1e-8)


def test_weighted_level_by_hand() -> None:
    """Weights 1/4, 1/2, 1 of 1.75 for the residuals 0, 1, 2: (1/2 + 2) / 1.75."""
    levels = weighted_levels(np.array([[0.0, 1.0, 2.0]]), 0.5)
    assert levels == pytest.approx([2.5 / 1.75])


def test_arima_finds_the_parameters_of_a_simulation() -> None:
    """AR .5 and MA -.8 of five thousand days, in every lane and past the last one."""
    random = np.random.default_rng(2)
    innovations = random.normal(0.0, 1.0, (19, 5000))
    differences = np.zeros_like(innovations)
    for day in range(1, 5000):
        differences[:, day] = (
            0.5 * differences[:, day - 1]
            + innovations[:, day]
            - 0.8 * innovations[:, day - 1]
        )
    fit = fit_arima(differences.cumsum(axis=1))
    assert fit.is_converged.all()
    np.testing.assert_allclose(fit.ar, 0.5, atol=0.1)
    np.testing.assert_allclose(fit.ma, -0.8, atol=0.07)
    np.testing.assert_allclose(fit.variance, 1.0, atol=0.08)
    mean, sd = forecast_arima(fit, 2)
    first = fit.ar * fit.difference + fit.ma * fit.innovation
    np.testing.assert_allclose(mean[:, 0], fit.level + first)
    np.testing.assert_allclose(mean[:, 1], fit.level + first * (1.0 + fit.ar))
    second = np.sqrt(1.0 + (1.0 + fit.ar + fit.ma) ** 2)
    np.testing.assert_allclose(sd[:, 1] / sd[:, 0], second)


def test_smoothing_follows_a_damped_trend_and_a_week() -> None:
    """A pure week is reproduced, and the search converges."""
    week = np.array([5.0, 6.0, 7.0, 6.0, 5.0, 1.0, 0.0])
    usage = np.tile(week, 20)[None, :] + np.random.default_rng(3).normal(0, 0.01, 140)
    fit = fit_smoothing(usage, has_trend=True, has_season=True)
    assert fit.is_converged.all()
    mean, sd = forecast_smoothing(fit, 14)
    np.testing.assert_allclose(mean[0], np.tile(week, 2), atol=0.05)
    assert (np.diff(sd[0]) >= 0.0).all()


@pytest.mark.parametrize("season", [7, 24])
def test_growth_within_the_first_seasons_is_no_season(season: int) -> None:
    """A straight line has none; with a pattern on it the season is the pattern."""
    line = 3.0 * np.arange(20.0 * season)
    pattern = np.sin(2.0 * np.pi * np.arange(season) / season)
    pattern -= np.polyval(np.polyfit(np.arange(season), pattern, 1), np.arange(season))
    usage = np.stack([line, line + np.tile(pattern, 20)])
    fit = fit_smoothing(usage, has_trend=True, has_season=True, season=season)
    np.testing.assert_allclose(fit.first_season[0], 0.0, atol=1e-9)
    np.testing.assert_allclose(fit.first_season[1], pattern, atol=1e-9)
    mean, _ = forecast_smoothing(fit, season)
    assert (mean[:, -1] > usage[:, -1]).all()


def test_one_series_is_fitted_as_among_many() -> None:
    """What lies beside a series in its block changes no bit of its forecast."""
    random = np.random.default_rng(4)
    usage = 40.0 + random.normal(0.0, 1.0, (21, 120)).cumsum(axis=1) * 0.2
    for model in BLOCK_MODELS.values():
        together = model(block(usage))
        alone = [model(block(usage[[k]])) for k in range(len(usage))]
        np.testing.assert_array_equal(
            together.centre, np.concatenate([each.centre for each in alone])
        )


def block(usage: np.ndarray) -> BlockData:
    """Return a block whose calendar explains nothing."""
    logs = np.log(usage)
    return BlockData(
        residuals=logs - logs.mean(axis=1, keepdims=True),
        explained=np.zeros((len(usage), 30)) + logs.mean(axis=1, keepdims=True),
        usage=usage,
        alphas=np.full(len(usage), 0.05),
        levels=weighted_levels(logs - logs.mean(axis=1, keepdims=True), 0.05),
        spread=np.full(len(usage), 0.1),
    )


def known(values: np.ndarray, *, is_eoq_window: bool = False) -> OriginErrors:
    """Return errors of one origin, all in EOQ windows or none."""
    return OriginErrors(values, np.full(values.shape, is_eoq_window))


def test_conformal_quantiles_are_nearest_ranks() -> None:
    """Of the errors 1 to 200 on day 1, ranks 5, 10, 20, 50, 100, … 195.

    Day 2 is not known yet, so its errors of a thousand count nothing.
    """
    values = np.column_stack([np.arange(1.0, 201.0), np.full(200, 1000.0)])
    found = error_quantiles([known(values)], [1])
    expected = [5, 10, 20, 50, 100, 150, 180, 190, 195]
    assert found.by_band[False, 10].tolist() == expected
    assert found.counts == {(False, 10): 200}
    few = error_quantiles([known(values[: FEWEST_ERRORS - 1])], [1])
    assert few.by_band == {}


def around(
    centre: list[float],
    *,
    spread: float,
    sd: float,
    is_eoq_window: list[bool],
    quantiles: ErrorQuantiles,
) -> np.ndarray:
    """Return the quantiles of the days ahead of one series, shape (days, 9)."""
    values = np.array([centre])
    forecast = ModelForecast(
        values, np.full_like(values, sd), LINEAR, np.ones(1, bool), {}
    )
    _, found = usage_ahead(
        forecast,
        spread=np.array([spread]),
        is_eoq_window=np.array(is_eoq_window),
        quantiles=quantiles,
        ceilings=np.full(1, np.inf),
    )
    quantiles_of_one: np.ndarray = found[0]
    return quantiles_of_one


def test_quarter_ends_have_their_own_intervals() -> None:
    """A flag without enough errors borrows the other's; bands borrow the nearest."""
    quiet, wide = np.arange(9.0) / 10.0, np.arange(9.0)
    counts = {(False, 10): 100, (True, 30): 100}
    found = ErrorQuantiles({(False, 10): quiet, (True, 30): wide}, counts)
    days = np.ones(40, dtype=np.bool_)
    assert (found.by_group[calibration_groups(~days)] == quiet).all()
    assert (found.by_group[calibration_groups(days)] == wide).all()
    alone = ErrorQuantiles({(False, 10): quiet}, {(False, 10): 100})
    assert (alone.by_group[calibration_groups(days)] == quiet).all()
    values = around(
        [3.0, 4.0], spread=0.5, sd=1.0, is_eoq_window=[False, True], quantiles=found
    )
    assert values[0].tolist() == pytest.approx(list(3.0 + 0.5 * quiet))
    assert values[1].tolist() == pytest.approx(list(4.0 + 0.5 * wide))


def test_without_past_errors_the_model_speaks_for_itself() -> None:
    """Normal quantiles of its own standard deviation."""
    values = around(
        [3.0],
        spread=9.9,
        sd=2.0,
        is_eoq_window=[False],
        quantiles=ErrorQuantiles({}, {}),
    )
    assert values[0, 4] == 3.0
    assert values[0, 8] == pytest.approx(3.0 + 2.0 * ndtri(0.975))


def scores(*errors: float) -> Scores:
    """Return ten days of one origin for each series with the mean errors given."""
    totals = np.array([errors]) * 10.0
    return Scores(totals, np.where(np.isfinite(totals), 10.0, 0.0))


@pytest.mark.parametrize(
    ("errors", "expected"),
    [
        # excess 0, 0, .3: mean .1 and standard error .1, so the simplest is as good
        ({"level_calendar": (1, 1, 1.3), "sarima_calendar": (1, 1, 1)}, 0),
        # excess .1, .1, .1: mean .1 and no standard error
        ({"level_calendar": (1.1, 1.1, 1.1), "sarima_calendar": (1, 1, 1)}, 1),
        # a model that reaches two of three series is not eligible
        ({"level_calendar": (0.1, 0.1, np.nan), "sarima_calendar": (1, 1, 1)}, 1),
        ({"level_calendar": (np.nan,), "sarima_calendar": (np.nan,)}, None),
    ],
)
def test_one_standard_error_by_hand(
    errors: dict[Candidate, tuple[float, ...]], expected: int | None
) -> None:
    """The simplest of those whose mean excess is within its standard error."""
    names = list(errors)
    found = champion(
        {name: scores(*each) for name, each in errors.items()}, candidates=names
    )
    assert found == (None if expected is None else names[expected])


@pytest.mark.parametrize(
    ("errors", "expected"),
    [((0.9, 1.0, 1.0), True), ((1.0, 1.0, 1.0), False), ((1.2, 0.7, 1.2), False)],
)
def test_the_naive_is_beaten_in_the_mean(
    errors: tuple[float, ...], expected: bool
) -> None:
    """An equal error does not beat it, nor a better one on one series of three."""
    both = {"sarima": scores(*errors), NAIVE: scores(1.0, 1.0, 1.0)}
    assert beats_naive(both, candidates=["sarima"]) is expected


def test_inverse_error_weights_by_hand() -> None:
    """Usage 10 and e^3 with weights 3 and 1; without weights they count alike."""
    ones = np.ones((1, 2))
    ended = np.ones(1, bool)
    members = {
        "sarima": ModelForecast(ones * 10.0, ones, LINEAR, ended, {}),
        "level_calendar": ModelForecast(ones * 3.0, ones, LOG, ended, {}),
    }
    data = BlockData(
        residuals=ones,
        explained=np.zeros((1, 2)),
        usage=ones,
        alphas=np.ones(1),
        levels=np.ones(1),
        spread=np.ones(1),
    )
    weights = {"cpu": {"sarima": 3.0, "level_calendar": 1.0}}
    for metric, expected in (
        ("cpu", (30.0 + np.exp(3.0)) / 4.0),
        ("disk", (10.0 + np.exp(3.0)) / 2.0),
    ):
        prediction = inverse_error_mean(
            members,
            data=data,
            metrics=np.array([metric], dtype=object),
            weights=weights,
            floors=np.full(1, 0.1),
        )
        np.testing.assert_allclose(np.exp(prediction.centre), expected)
