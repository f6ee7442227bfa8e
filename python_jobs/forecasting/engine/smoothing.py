"""Exponential smoothing of many series, by Gauss-Newton on the squared errors.

Source: Hyndman, Koehler, Ord and Snyder (2008), Forecasting with Exponential Smoothing:
the additive family with a damped trend and, where asked for, a season of one week. The
recursions are those of statsmodels' ``ExponentialSmoothing``.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from python_jobs.forecasting.engine.smoothing_kernels import SETTLING_DAYS, fill_fits
from python_jobs.forecasting.series import WEEK_DAYS, Floats

PARAMETERS = ("smoothing_level", "smoothing_trend", "damping_trend", "smoothing_season")
"""Names of the parameters, as statsmodels has them."""

START_SEASONS = 4
"""Seasons that the first level and season are means of, the season without growth."""


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
    is_converged: NDArray[np.bool_]


def fit_smoothing(
    values: Floats, *, has_trend: bool, has_season: bool, season: int = WEEK_DAYS
) -> SmoothingFit:
    """Fit exponential smoothing to each row.

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
    fill_fits(
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
    """Return the mean season about a straight line, shape (series, season).

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
    """Return mean and standard deviation of the days ahead, each (series, horizon).

    Notes
    -----
    Variance: Hyndman et al. (2008), table 6.1, class 1.
    """
    alpha, beta, phi, gamma = fit.parameters.T[:, :, None]
    age = np.arange(1, horizon_days + 1)
    damping = np.cumsum(np.where(phi > 0.0, phi, 0.0) ** age, axis=1)
    days = fit.season.shape[1]
    season = np.tile(fit.season, (1, -(-horizon_days // days)))[:, :horizon_days]
    mean = fit.level[:, None] + fit.trend[:, None] * damping + season
    weights = alpha * (1.0 + beta * damping) + gamma * (age % days == 0)
    factors = np.ones_like(mean)
    factors[:, 1:] += np.cumsum(weights[:, :-1] ** 2, axis=1)
    return mean, np.sqrt(fit.variance[:, None] * factors)
