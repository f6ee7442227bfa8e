"""What stands in for a series that no model can be fitted to, and why."""

import numpy as np
from scipy.special import ndtri

from python_jobs.forecasting.engine.panel_series import PanelSeries
from python_jobs.forecasting.forecasts import QUANTILES
from python_jobs.forecasting.guards import FLAT_DAYS, Reason
from python_jobs.forecasting.series import Floats

SEASON_MEAN, LAST_VALUE = "season_mean", "last_value"

_SEASONS = 4
_DEVIATES = ndtri(np.array(list(QUANTILES.values())))


def stand_in(
    series: PanelSeries, position: int, *, horizon: int, season: int
) -> tuple[str, str, Floats, Floats]:
    """Forecast a series by the mean of its past seasons, or by its last value.

    Parameters
    ----------
    series, position
        Which series of a panel; it has a value.
    horizon, season
        Steps ahead, and steps after which a pattern comes again.

    Returns
    -------
    tuple
        Name of what stands in, reason, values of shape (horizon,) and quantiles of
        shape (horizon, 9).
    """
    first = series.starts[position]
    values = series.values[first : first + series.lengths[position]]
    recent = values[-_SEASONS * season :]
    is_flat = np.ptp(values[-FLAT_DAYS:]) == 0.0
    if len(values) < 2 * season or is_flat:
        name, centre = LAST_VALUE, np.full(horizon, values[-1])
        moves = np.diff(recent)
        spread = float(np.sqrt((moves**2).mean())) if len(moves) else 0.0
        sd = spread * np.sqrt(np.arange(1, horizon + 1))
    else:
        name = SEASON_MEAN
        whole = recent[-(len(recent) // season) * season :].reshape(-1, season)
        centre = np.resize(whole.mean(axis=0), horizon)
        sd = np.full(
            horizon, whole.std(axis=0).mean() * np.sqrt(1.0 + 1.0 / len(whole))
        )
    reason = Reason.FLAT if is_flat and len(values) >= FLAT_DAYS else Reason.TOO_SHORT
    around = centre[:, None] + sd[:, None] * _DEVIATES
    if values.min() >= 0.0:
        around = np.maximum(around, 0.0)
    return name, str(reason), centre, around
