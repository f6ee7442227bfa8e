"""The scale that a series of a panel is modelled on: its logarithm, or itself.

The engine knows usage by its logarithm. A series without one is handed over as the
exponential of its values, brought to a width that loses no digit.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from python_jobs.forecasting.engine.fleet import Booleans, Integers
from python_jobs.forecasting.engine.panel_series import FLOOR_SHARE, PanelSeries
from python_jobs.forecasting.series import Floats

LARGEST_ZERO_SHARE = 0.05
"""A series with more values under its floor than that is no multiple of a level."""

_WIDTH = 10.0
_LINEAR_FLOOR = 1e-9


@dataclass(frozen=True)
class Scale:
    """How values of each series become what is modelled, each of shape (series,).

    Attributes
    ----------
    is_log
        Whether it is the logarithm; else (value - middle) / width.
    middle, width, floor
        Floor: under a logarithm.
    """

    is_log: Booleans
    middle: Floats
    width: Floats
    floor: Floats

    def of(self, series: Integers) -> "Scale":
        """Return the scale of some series."""
        return Scale(
            *(self.is_log[series], self.middle[series]),
            *(self.width[series], self.floor[series]),
        )

    def forward(self, values: Floats) -> Floats:
        """Return what is modelled; the first axis is that of the series."""
        is_log, middle, width, floor = self._columns(values.ndim)
        logs = np.log(np.maximum(values, floor))
        modelled: Floats = np.where(is_log, logs, (values - middle) / width)
        return modelled

    def back(self, modelled: Floats) -> Floats:
        """Return values; the first axis is that of the series."""
        is_log, middle, width, _ = self._columns(modelled.ndim)
        with np.errstate(over="ignore"):
            values: Floats = np.where(
                is_log, np.exp(modelled), middle + width * modelled
            )
        return values

    def _columns(self, dimensions: int) -> list[Any]:
        shape = (-1, *(1,) * (dimensions - 1))
        attributes = (self.is_log, self.middle, self.width, self.floor)
        return [each.reshape(shape) for each in attributes]


def scale_of(series: PanelSeries, *, has_logs: bool) -> Scale:
    """Return logarithms where wanted and possible, else the values as they are."""
    return log_scale(series) if has_logs else linear_scale(series)


def linear_scale(series: PanelSeries) -> Scale:
    """Return the scale of the values as they are."""
    count = len(series)
    lowest, highest = _ranges(series)
    middle = (lowest + highest) / 2.0
    width = (highest - lowest) / (2.0 * _WIDTH)
    nowhere = np.zeros(count, dtype=np.bool_)
    floor = np.maximum(np.abs(highest), 1e-300) * FLOOR_SHARE
    return Scale(nowhere, middle, np.where(width > 0.0, width, 1.0), floor)


def log_scale(series: PanelSeries) -> Scale:
    """Return logarithms where a series is positive but for a few zeros."""
    scale = linear_scale(series)
    lowest, highest = _ranges(series)
    rows = np.repeat(np.arange(len(series)), series.lengths)
    is_low = series.values <= scale.floor[rows]
    low = np.bincount(rows, weights=is_low, minlength=len(series))
    few = low <= LARGEST_ZERO_SHARE * np.maximum(series.lengths, 1)
    return replace(scale, is_log=few & (lowest >= 0.0) & (highest > 0.0))


def engine_usage(series: PanelSeries, scale: Scale) -> tuple[Floats, Floats]:
    """Return values whose logarithm is what is modelled, and floors by series."""
    if scale.is_log.all():
        return series.values, scale.floor
    rows = np.repeat(np.arange(len(series)), series.lengths)
    scaled = (series.values - scale.middle[rows]) / scale.width[rows]
    usage = np.where(scale.is_log[rows], series.values, np.exp(scaled))
    return usage, np.where(scale.is_log, scale.floor, _LINEAR_FLOOR)


def _ranges(series: PanelSeries) -> tuple[Floats, Floats]:
    """Return smallest and largest value of each series, 0 without any."""
    lowest, highest = np.zeros(len(series)), np.zeros(len(series))
    has_rows = series.lengths > 0
    if has_rows.any():
        starts = series.starts[has_rows]
        lowest[has_rows] = np.minimum.reduceat(series.values, starts)
        highest[has_rows] = np.maximum.reduceat(series.values, starts)
    return lowest, highest
