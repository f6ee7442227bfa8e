"""Batched exponential smoothing by Levenberg-Marquardt on the squared errors.

Source: Hyndman, Koehler, Ord and Snyder (2008), Forecasting with Exponential Smoothing:
the additive family with a damped trend and, where asked for, a season of one week. The
recursions are those of statsmodels' ``ExponentialSmoothing``. The slopes that a step
needs are differences between recursions that run side by side, one parameter moved in
each.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit

from python_jobs.forecasting.core.arrays import (
    FAST_MATH,
    LINEAR,
    LOG,
    WEEK_DAYS,
    BlockData,
    Booleans,
    Family,
    Floats,
    ModelForecast,
    State,
    repeated,
)

PARAMETERS = ("smoothing_level", "smoothing_trend", "damping_trend", "smoothing_season")
"""Names of the parameters, as statsmodels has them."""

START_SEASONS = 4
"""Seasons that initial level and detrended initial season are means of."""

ALPHA, BETA, PHI, GAMMA = 0, 1, 2, 3

SETTLING_DAYS = 14
"""Burn-in: first errors, left out of the sum of squares."""

STEPS = 25

_MOVE = 1e-4
_LONGEST_STEP = 0.3
_TOLERANCE = 1e-3
_FLATTEST = 1e-4
_LOWEST = np.array([1e-4, 1e-4, 0.8, 1e-4])
_HIGHEST = np.array([0.9999, 0.9999, 0.998, 0.9999])

_STARTS = np.array(
    [
        [0.03, 0.01, 0.95, 0.03],
        [0.15, 0.05, 0.95, 0.1],
        [0.6, 0.05, 0.9, 0.1],
        [0.95, 0.01, 0.9, 0.01],
    ]
)


@dataclass(frozen=True)
class SmoothingFit:
    """Parameters and last state of each series of a block.

    Attributes
    ----------
    parameters
        In the order of `PARAMETERS`, shape (series, 4); 0 for a part that is not there.
    level, trend
        Last state, shape (series,).
    season
        Of the days of the next season, shape (series, season).
    first_level, first_season
        Where the recursion began.
    variance
        Mean square of the one-day errors.
    is_converged
        Whether the search came to an end within its steps.
    """

    parameters: Floats
    level: Floats
    trend: Floats
    season: Floats
    first_level: Floats
    first_season: Floats
    variance: Floats
    is_converged: Booleans


def fit_smoothing(
    values: Floats, *, has_trend: bool, has_season: bool, season: int = WEEK_DAYS
) -> SmoothingFit:
    """Fit additive exponential smoothing to each series of a block.

    Parameters
    ----------
    values
        Consecutive days without gaps, shape (series, days), at least `START_SEASONS`
        seasons.
    has_trend, has_season
        Whether there is a damped trend, and a season.
    season
        Days of a season.
    """
    values = np.ascontiguousarray(values, dtype=np.float64)
    count, days = values.shape
    free = np.array([True, has_trend, has_trend, has_season])
    first = values[:, : START_SEASONS * season]
    first_level = first.mean(axis=1)
    first_season = np.zeros((count, season))
    if has_season:
        first_season = _first_season(first, season=season)
    parameters, state = np.zeros((count, 4)), np.zeros((count, 2 + season))
    squares, is_converged = np.zeros(count), np.zeros(count, dtype=np.bool_)
    _fill_fits(
        *(values, free, first_level, first_season),
        *(parameters, state, squares, is_converged),
    )
    return SmoothingFit(
        parameters=parameters,
        level=state[:, 0],
        trend=state[:, 1],
        season=np.roll(state[:, 2:], -(days % season), axis=1),
        first_level=first_level,
        first_season=first_season,
        variance=squares / max(days - SETTLING_DAYS, 1),
        is_converged=is_converged,
    )


def _first_season(first: Floats, *, season: int) -> Floats:
    """Return the detrended initial season, shape (series, season).

    About the mean alone, growth within a season would be part of the season and the
    trend would have nothing left to follow.

    Parameters
    ----------
    first
        The first seasons of each series, shape (series, `START_SEASONS` * season).
    season
        Steps of a season.
    """
    seasons = first.reshape(len(first), START_SEASONS, season)
    means = seasons.mean(axis=2)
    slope = (means[:, -1] - means[:, 0]) / ((START_SEASONS - 1) * season)
    line = slope[:, None] * (np.arange(season) - (season - 1) / 2.0)
    about: Floats = seasons.mean(axis=1) - means.mean(axis=1)[:, None] - line
    return about


def forecast_smoothing(fit: SmoothingFit, horizon_days: int) -> tuple[Floats, Floats]:
    """Forecast mean and standard deviation, each of shape (series, horizon)."""
    damping = _damping(fit.parameters, horizon_days)
    season = repeated(fit.season, horizon_days)
    mean = fit.level[:, None] + fit.trend[:, None] * damping + season
    factors = variance_factors(
        fit.parameters, horizon_days=horizon_days, season=fit.season.shape[1]
    )
    return mean, np.sqrt(fit.variance[:, None] * factors)


def variance_factors(
    parameters: Floats, *, horizon_days: int, season: int = WEEK_DAYS
) -> Floats:
    """Return the h-step forecast variance relative to the one-step variance.

    Parameters
    ----------
    parameters
        In the order of `PARAMETERS`, shape (series, 4); 0 for a part that is not there.
    horizon_days
        Number of days ahead.
    season
        Days of a season.

    Returns
    -------
    numpy.ndarray
        1 + the sum of squared weights that a day's error has on later days, shape
        (series, horizon).

    Notes
    -----
    Hyndman et al. (2008), table 6.1, class 1: weight of an error after j days
    = level (1 + trend (damping + … + damping^j)) + season when j is a whole season.
    """
    alpha, beta, _, gamma = parameters.T[:, :, None]
    damping = _damping(parameters, horizon_days)
    age = np.arange(1, horizon_days + 1)
    weights = alpha * (1.0 + beta * damping) + gamma * (age % season == 0)
    factors = np.ones((len(parameters), horizon_days))
    factors[:, 1:] += np.cumsum(weights[:, :-1] ** 2, axis=1)
    return factors


def _damping(parameters: Floats, horizon_days: int) -> Floats:
    """Return the cumulated trend damping of each day, (series, horizon)."""
    phi = parameters.T[2][:, None]
    age = np.arange(1, horizon_days + 1)
    grown: Floats = np.cumsum(np.where(phi > 0.0, phi, 0.0) ** age, axis=1)
    return grown


def level_calendar(data: BlockData) -> ModelForecast:
    """Forecast the exponentially weighted level of the calendar residuals."""
    state = {"level": data.levels, "alpha": data.alphas, "spread": data.spread}
    return LEVEL.forecast(state, data.explained)


def holt_winters_calendar(data: BlockData) -> ModelForecast:
    """Fit the damped Holt model of the calendar residuals of a block."""
    residuals = data.residuals.astype(np.float64)
    fit = fit_smoothing(residuals, has_trend=True, has_season=False)
    return SMOOTHING.forecast(
        _state(fit), data.explained, is_converged=fit.is_converged
    )


def simple_exponential_smoothing(data: BlockData) -> ModelForecast:
    """Fit simple exponential smoothing of the usage of a block."""
    return _smoothed_usage(data, has_trend=False, has_season=False)


def holt_winters(data: BlockData) -> ModelForecast:
    """Fit the damped Holt-Winters model of the usage of a block, season seven days."""
    return _smoothed_usage(data, has_trend=True, has_season=True)


def _smoothed_usage(
    data: BlockData, *, has_trend: bool, has_season: bool
) -> ModelForecast:
    fit = fit_smoothing(data.usage, has_trend=has_trend, has_season=has_season)
    return SMOOTHING_USAGE.forecast(
        _state(fit), data.explained, is_converged=fit.is_converged
    )


def _state(fit: SmoothingFit) -> State:
    return {
        **dict(zip(PARAMETERS, fit.parameters.T, strict=True)),
        "level": fit.level,
        "trend": fit.trend,
        "variance": fit.variance,
        **{f"season_{day}": fit.season[:, day] for day in range(WEEK_DAYS)},
    }


def _level_ahead(state: State, horizon: int) -> tuple[Floats, Floats]:
    """Forecast a level with the variance of simple exponential smoothing."""
    factors = np.sqrt(1.0 + state["alpha"][:, None] ** 2 * np.arange(horizon))
    mean = np.repeat(state["level"][:, None], horizon, axis=1)
    return mean, state["spread"][:, None] * factors


def _from_state(state: State, horizon: int) -> tuple[Floats, Floats]:
    count = len(state["level"])
    nothing: Any = np.zeros(count)
    fit = SmoothingFit(
        parameters=np.column_stack([state[name] for name in PARAMETERS]),
        level=state["level"],
        trend=state["trend"],
        season=np.column_stack([state[f"season_{day}"] for day in range(WEEK_DAYS)]),
        first_level=nothing,
        first_season=nothing,
        variance=state["variance"],
        is_converged=np.ones(count, dtype=np.bool_),
    )
    return forecast_smoothing(fit, horizon)


LEVEL = Family(_level_ahead, LOG)
SMOOTHING = Family(_from_state, LOG)
SMOOTHING_USAGE = Family(_from_state, LINEAR)


@njit(cache=True, fastmath=FAST_MATH, nogil=True)
def _run(values, points, first_level, first_season, sums, state):  # type: ignore[no-untyped-def]
    """Run the recursion and its perturbations; accumulate the normal equations.

    ``sums[k, l]`` with 0 the recursion of the point itself: errors squared, products
    with the differences of the others, products among these.
    """
    width = points.shape[0]
    level = np.full(width, first_level)
    trend = np.zeros(width)
    days = len(first_season)
    season = np.empty((days, width))
    error = np.zeros(width)
    for day in range(days):
        for k in range(width):
            season[day, k] = first_season[day]
    sums[:] = 0.0
    day = -1
    for t in range(len(values)):
        day = day + 1 if day + 1 < days else 0
        for k in range(width):
            before = level[k] + points[k, PHI] * trend[k]
            error[k] = values[t] - before - season[day, k]
            now = before + points[k, ALPHA] * error[k]
            trend[k] = (
                points[k, BETA] * (now - level[k])
                + (1.0 - points[k, BETA]) * points[k, PHI] * trend[k]
            )
            season[day, k] += points[k, GAMMA] * error[k]
            level[k] = now
        if t >= SETTLING_DAYS:
            sums[0, 0] += error[0] * error[0]
            for k in range(1, width):
                difference = error[k] - error[0]
                sums[0, k] += error[0] * difference
                for m in range(1, k + 1):
                    sums[m, k] += difference * (error[m] - error[0])
    state[0] = level[0]
    state[1] = trend[0]
    for day in range(days):
        state[2 + day] = season[day, 0]


@njit(cache=True, nogil=True)
def _fill_fits(  # type: ignore[no-untyped-def]
    values, free, first_level, first_season, parameters, state, squares, is_converged
):
    """Fit each series from the best start by Levenberg-Marquardt steps."""
    count = len(values)
    places = np.flatnonzero(free)
    points = np.zeros((len(places) + 1, 4))
    sums = np.zeros((len(places) + 1, len(places) + 1))
    tried = np.zeros(state.shape[1])
    alone = np.zeros((1, 4))
    for i in range(count):
        best = np.inf
        start = np.zeros(4)
        for s in range(len(_STARTS)):
            for place in places:
                alone[0, place] = _STARTS[s, place]
            _run(values[i], alone, first_level[i], first_season[i], sums, tried)
            if sums[0, 0] < best:
                best = sums[0, 0]
                start[:] = alone[0]
        parameters[i] = start
        squares[i] = np.inf
        is_converged[i] = _search(
            *(values[i], places, points, first_level[i], first_season[i]),
            *(sums, tried, parameters[i], state[i], squares[i : i + 1]),
        )


@njit(cache=True, nogil=True)
def _search(  # type: ignore[no-untyped-def]
    values, places, points, first_level, first_season, sums, tried, best, state, squares
):
    """Minimise from ``best``, updated in place; return whether it converged."""
    size = len(places)
    damping = 1e-3
    point = best.copy()
    slopes = np.zeros(size)
    cross = np.zeros((size, size))
    for _ in range(STEPS):
        for k in range(size + 1):
            points[k] = point
        for k in range(size):
            points[k + 1, places[k]] += _MOVE
        _run(values, points, first_level, first_season, sums, tried)
        if sums[0, 0] < squares[0]:
            is_small = squares[0] - sums[0, 0] <= _FLATTEST * sums[0, 0]
            squares[0] = sums[0, 0]
            best[:] = point
            state[:] = tried
            for k in range(size):
                slopes[k] = sums[0, k + 1] / _MOVE
                for m in range(k + 1):
                    cross[m, k] = sums[m + 1, k + 1] / (_MOVE * _MOVE)
                    cross[k, m] = cross[m, k]
            damping *= 0.2
            if is_small:
                return True
        else:
            damping = damping * 10.0 + 1e-3
            if damping > 1e6:
                return True
        damped = cross.copy()
        for k in range(size):
            damped[k, k] = cross[k, k] * (1.0 + damping) + 1e-12
        step = np.linalg.solve(damped, -slopes)
        moved = _move(point, best, step, places)
        if moved < _TOLERANCE:
            return True
    return False


@njit(cache=True, nogil=True)
def _move(point, best, step, places):  # type: ignore[no-untyped-def]
    """Step from ``best``, bounded in length and range; return the length."""
    step = step * min(1.0, _LONGEST_STEP / max(np.abs(step).max(), 1e-300))
    moved = 0.0
    for k in range(len(places)):
        place = places[k]
        now = min(max(best[place] + step[k], _LOWEST[place]), _HIGHEST[place])
        moved = max(moved, abs(now - best[place]))
        point[place] = now
    # a season that took more would take from the level what it has just given
    point[GAMMA] = min(point[GAMMA], 1.0 - point[ALPHA])
    return moved
