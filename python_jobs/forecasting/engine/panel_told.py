"""What a candidate said of the series of a panel at one origin, and what then came."""

from dataclasses import dataclass

import numpy as np

from python_jobs.forecasting.engine.candidates import error_spread
from python_jobs.forecasting.engine.fleet import Booleans, Integers
from python_jobs.forecasting.engine.model_forecasts import BlockData, ModelForecast
from python_jobs.forecasting.engine.panel_scales import Scale
from python_jobs.forecasting.engine.panel_series import PanelSeries
from python_jobs.forecasting.guards import LARGEST_EXCURSION
from python_jobs.forecasting.series import Floats


@dataclass(frozen=True)
class Told:
    """One candidate at one origin; rows of series that it does not forecast are NaN.

    Attributes
    ----------
    centre, sd
        Of what is modelled, shape (series, horizon).
    spread
        What errors are standardised by, shape (series,).
    scale
        From what is modelled to values.
    """

    centre: Floats
    sd: Floats
    spread: Floats
    scale: Scale

    @classmethod
    def nothing(cls, scale: Scale, *, count: int, horizon: int) -> "Told":
        """Return the forecast of no series."""
        empty = np.full((count, horizon), np.nan)
        return cls(empty, empty.copy(), np.full(count, np.nan), scale)

    @property
    def values(self) -> Floats:
        """Forecasts in the unit of the series."""
        return self.scale.back(self.centre)

    @property
    def is_valid(self) -> Booleans:
        """Which series have a forecast."""
        valid: Booleans = np.isfinite(self.spread)
        return valid

    def put(self, rows: Integers, forecast: ModelForecast, data: BlockData) -> None:
        """Fill in a block; a forecast that no series can follow is left out.

        Parameters
        ----------
        rows
            Of the block's series.
        forecast
            Of what is modelled, with what was fitted.
        data
            The block; its usage is what is modelled.
        """
        scale = self.scale.of(rows)
        seen = scale.back(data.usage.astype(np.float64))
        spread = error_spread(forecast, data.spread)
        good = is_believable(scale.back(forecast.centre), seen=seen) & (spread > 0.0)
        good &= (np.isfinite(forecast.sd) & (forecast.sd > 0.0)).all(axis=1)
        self.centre[rows[good]] = forecast.centre[good]
        self.sd[rows[good]] = forecast.sd[good]
        self.spread[rows[good]] = spread[good]


def is_believable(values: Floats, *, seen: Floats) -> Booleans:
    """Return whether forecasts are finite and near what was seen, shape (series,).

    Parameters
    ----------
    values
        Forecasts, shape (series, horizon).
    seen
        What was fitted on, shape (series, steps).
    """
    lowest, highest = seen.min(axis=1), seen.max(axis=1)
    reach = LARGEST_EXCURSION * (highest - lowest)
    with np.errstate(invalid="ignore"):
        is_near = values.max(axis=1) <= highest + reach
        is_near &= values.min(axis=1) >= lowest - reach
    good: Booleans = np.isfinite(values).all(axis=1) & is_near
    return good


def lived(
    series: PanelSeries, positions: Integers, *, steps: Integers, horizon: int
) -> Floats:
    """Return what was measured after each series' own origin, NaN for nothing.

    Parameters
    ----------
    series, positions
        Which series of a panel.
    steps
        Origin of each, shape (series,).
    horizon
        Steps after it.
    """
    first = steps + 1 - series.first_steps[positions]
    places = first[:, None] + np.arange(horizon)
    is_known = (places >= 0) & (places < series.lengths[positions][:, None])
    rows = np.where(is_known, places + series.starts[positions][:, None], 0)
    if not len(series.measured):
        return np.full(rows.shape, np.nan)
    return np.where(is_known, series.measured[rows], np.nan)
