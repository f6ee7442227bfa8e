"""Fallback forecasts of series that no model can be fitted to, and the reason."""

import math

import numpy as np
from scipy.special import ndtri

from python_jobs.calendars.forecast_design import LARGEST_FILLED_SHARE
from python_jobs.forecasting.core.arrays import PROBABILITIES, Floats, Reason
from python_jobs.forecasting.panel.models import Panel

SEASON_MEAN, LAST_VALUE = "season_mean", "last_value"

_SEASONS = 4
_FEWEST_SEASONS = 2
_YEAR_SEASONS = 52
_DEVIATES = ndtri(PROBABILITIES)


def fallback(panel: Panel, position: int) -> tuple[str, str, Floats, Floats]:
    """Forecast a series by the mean of its past seasons, or by its last value.

    Parameters
    ----------
    panel, position
        Which series; it has a value.

    Returns
    -------
    tuple
        Name of the fallback, reason, values of shape (horizon,) and quantiles of shape
        (horizon, 9).
    """
    series, season = panel.series, panel.season
    first = series.starts[position]
    rows = slice(first, first + series.lengths[position])
    known = int(np.flatnonzero(np.isfinite(series.measured[rows]))[-1]) + 1
    values, measured = series.values[rows][:known], series.measured[rows][:known]
    silent = int(series.lengths[position]) - known
    ahead = silent + panel.horizon
    is_gappy = series.is_filled[rows][:known].mean() > LARGEST_FILLED_SHARE
    is_flat = (
        known >= panel.shortest
        and not is_gappy
        and not np.ptp(values[-panel.flat_steps :])
    )
    if is_flat:
        name, centre = LAST_VALUE, np.full(ahead, values[-1])
        around = _flat_quantiles(values, ahead, season=season)
    else:
        if known < _FEWEST_SEASONS * season:
            name, (centre, sd) = LAST_VALUE, _walk(values, ahead)
        else:
            seasons = _season_mean(measured, ahead, season=season)
            name, (centre, sd) = SEASON_MEAN, seasons
        around = centre[:, None] + sd[:, None] * _DEVIATES
    if silent >= _FEWEST_SEASONS * season:
        reason = Reason.SILENT
    elif series.is_filled[rows].mean() > LARGEST_FILLED_SHARE:
        # the silence at its end is in a model's way, too
        reason = Reason.GAP
    elif known < panel.shortest:
        reason = Reason.TOO_SHORT
    else:
        reason = Reason.FLAT if is_flat else Reason.FIT_FAILED
    return name, str(reason), centre[silent:], around[silent:]


def _flat_quantiles(values: Floats, ahead: int, *, season: int) -> Floats:
    """Return the quantiles of a constant series, shape (steps, 9).

    What rests at its lowest stays there unless it often did so and came again; what
    stands still elsewhere moves as it did before.
    """
    if _rests_often(values):
        levels = np.quantile(values[-_YEAR_SEASONS * season :], PROBABILITIES)
    else:
        is_off = values[-1] <= values.min()
        spread = 0.0 if is_off else _step_spread(values)
        levels = values[-1] + spread * _DEVIATES
    return np.tile(levels, (ahead, 1))


def _walk(values: Floats, ahead: int) -> tuple[Floats, Floats]:
    """Forecast a random walk: the last value and its growing spread."""
    growth = np.sqrt(np.arange(1, ahead + 1))
    return np.full(ahead, values[-1]), _step_spread(values) * growth


def _step_spread(values: Floats) -> float:
    moves = np.diff(values)
    return float(np.sqrt((moves**2).mean())) if len(moves) else 0.0


def _season_mean(measured: Floats, ahead: int, *, season: int) -> tuple[Floats, Floats]:
    """Return mean and spread of the newest seasons, more of them where values are few.

    A part of the season that was never measured takes the mean of all.
    """
    share = np.isfinite(measured).mean()
    seasons = min(math.ceil(_SEASONS / share), len(measured) // season)
    past = measured[-seasons * season :].reshape(seasons, season)
    is_known = np.isfinite(past)
    counts = is_known.sum(axis=0)
    overall = past[is_known].mean() if is_known.any() else np.nanmean(measured)
    sums = np.where(is_known, past, 0.0).sum(axis=0)
    centre = np.where(counts > 0, sums / np.maximum(counts, 1), overall)
    errors = (past - centre)[is_known]
    freedom = len(errors) - np.count_nonzero(counts)
    if freedom > 0:
        spread = np.sqrt((errors**2).sum() / freedom * (1.0 + 1.0 / seasons))
    else:
        spread = np.nanstd(measured)
    return np.resize(centre, ahead), np.full(ahead, spread)


def _rests_often(values: Floats) -> bool:
    """Return whether the last value was the usual one before it stood still.

    Demand that comes and goes will come again; a server that was switched off will not.
    """
    before = values[: int(np.flatnonzero(values != values[-1]).max(initial=-1)) + 1]
    return len(before) > 0 and float((before == values[-1]).mean()) >= 0.5
