"""Array types of a block of series, and the input and output of its models."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from python_jobs.calendars.forecast_design import QUANTILES

Floats = NDArray[np.float64]
AnyFloats = NDArray[np.floating[Any]]
"""Floats of 32 or 64 bits."""
Booleans = NDArray[np.bool_]
Integers = NDArray[np.int64]
Strings = NDArray[np.object_]
ONE_DAY = np.timedelta64(1, "D")
WEEK_DAYS = 7
DAY_HOURS = 24
PATH = "ahead_{:03d}"
PATH_SD = "ahead_sd_{:03d}"
"""Names of the days of a saved forecast path in a state."""

PROBABILITIES = np.array(list(QUANTILES.values()))
"""Probabilities of the published quantiles, ascending, shape (9,)."""

FAST_MATH = {"reassoc", "contract", "arcp", "nsz"}
"""Liberties of compiled loops: the order of sums, but not that NaN is NaN."""

State = dict[str, Floats]


class Reason(StrEnum):
    """Reason for a series without a forecast of a candidate."""

    GAP = "gap"
    ENDED = "ended"
    SILENT = "silent"
    TOO_SHORT = "too_short"
    NOT_FINITE = "not_finite"
    FLAT = "flat"
    NOT_BACKTESTED = "not_backtested"
    FIT_FAILED = "fit_failed"
    NOT_CONVERGED = "not_converged"
    FORECAST_NOT_FINITE = "forecast_not_finite"
    EXPLOSIVE = "explosive"
    ABOVE_CAPACITY = "above_capacity"


@dataclass(frozen=True)
class Transform:
    """Transformation to the scale of a model: the logarithm, or a linear map.

    Attributes
    ----------
    is_log
        Whether it is the logarithm; else (value - middle) / width.
    middle, width, floor
        Floor: under a logarithm. Each a number, or of shape (series,).
    """

    is_log: bool | Booleans
    middle: float | Floats = 0.0
    width: float | Floats = 1.0
    floor: float | Floats = 0.0

    def of(self, series: Integers) -> "Transform":
        """Return the transform of some of its series."""
        attributes = (self.is_log, self.middle, self.width, self.floor)
        return Transform(*(np.asarray(each)[series] for each in attributes))

    def forward(self, values: Floats) -> Floats:
        """Transform values to the model's scale; the first axis is the series."""
        is_log, middle, width, floor = self._columns(values.ndim)
        if is_log is False:
            return self._linear(values, middle, width)
        modelled: Floats = np.log(np.maximum(values, floor))
        if is_log is not True:
            linear = self._linear(values, middle, width)
            modelled = np.where(is_log, modelled, linear)
        return modelled

    def back(self, modelled: Floats) -> Floats:
        """Transform back to values; the first axis is the series."""
        is_log, middle, width, _ = self._columns(modelled.ndim)
        if is_log is False:
            values: Floats = middle + width * modelled
            return values
        with np.errstate(over="ignore"):
            values = np.exp(modelled)
        if is_log is not True:
            values = np.where(is_log, values, middle + width * modelled)
        return values

    @staticmethod
    def _linear(values: Floats, middle: Any, width: Any) -> Floats:
        linear: Floats = (values - middle) / width
        return linear

    def _columns(self, dimensions: int) -> list[Any]:
        """Return the attributes beside the first axis, numbers as they are."""
        shape = (-1, *(1,) * (dimensions - 1))
        attributes = (self.is_log, self.middle, self.width, self.floor)
        return [
            each.reshape(shape) if isinstance(each, np.ndarray) else each
            for each in attributes
        ]


LOG = Transform(is_log=True)
LINEAR = Transform(is_log=False)
"""Logarithms, and values as they are."""


@dataclass(frozen=True)
class ModelForecast:
    """Forecast of the days ahead of a block by one model.

    Attributes
    ----------
    centre, sd
        Expected value and standard deviation of its error on the model's own scale,
        shape (series, horizon).
    transform
        That scale: `LOG` for a calendar candidate, else `LINEAR`.
    is_converged
        Whether each fit came to an end.
    state
        Parameters and last state by name, shape (series,): all that
        `forecast_from_state` needs.
    failures
        Why a series could not be fitted, by its row.
    """

    centre: Floats
    sd: Floats
    transform: Transform
    is_converged: Booleans
    state: State
    failures: Mapping[int, Reason] = field(default_factory=dict)


@dataclass(frozen=True)
class BlockData:
    """Calendar fit of a block: the input of its models.

    Attributes
    ----------
    residuals
        Of the calendar regression of the log usage, shape (series, days).
    explained
        Calendar component of the days ahead, shape (series, horizon).
    usage
        Newest usage, usage unit, shape (series, days).
    alphas, levels
        Weight of the exponentially weighted level, and the level, shape (series,).
    spread
        Robust standard deviation of the residuals, shape (series,).
    """

    residuals: AnyFloats
    explained: Floats
    usage: Floats
    alphas: Floats
    levels: Floats
    spread: Floats


@dataclass(frozen=True)
class Family:
    """Family of models: the forecast function of a state, and its scale.

    Attributes
    ----------
    ahead
        Mean and standard deviation of so many days ahead from a state.
    transform
        `LOG`: of the residuals of the log usage; else of the usage.
    """

    ahead: Callable[[State, int], tuple[Floats, Floats]]
    transform: Transform

    def forecast(
        self, state: State, explained: Floats, *, is_converged: Booleans | None = None
    ) -> ModelForecast:
        """Forecast from a state, fitted just now or saved: the same numbers.

        Parameters
        ----------
        state
            By name, shape (series,).
        explained
            Calendar component of the days ahead, shape (series, horizon).
        is_converged
            Whether each fit came to an end; None: all.
        """
        mean, sd = self.ahead(state, explained.shape[1])
        centre = mean + explained if self.transform.is_log else mean
        if is_converged is None:
            is_converged = np.ones(len(mean), dtype=np.bool_)
        return ModelForecast(centre, sd, self.transform, is_converged, state)


def evenly_spaced(entries: NDArray[Any], *, count: int) -> NDArray[Any]:
    """Return at most `count` entries, evenly spaced over all of them."""
    if len(entries) <= count:
        return entries
    return entries[np.linspace(0, len(entries) - 1, count).astype(np.int64)]


def repeated(season: Floats, horizon: int) -> Floats:
    """Extend a season periodically over the horizon, shape (series, horizon)."""
    times = -(-horizon // season.shape[1])
    return np.tile(season, (1, times))[:, :horizon]


def path_state(forecast: Floats, sd: Floats | None = None) -> State:
    """Save a forecast path as the state of a model that has no other.

    Parameters
    ----------
    forecast, sd
        On the model's own scale, shape (series, horizon); without ``sd`` the spread of
        the errors serves.
    """
    state = {PATH.format(day + 1): column for day, column in enumerate(forecast.T)}
    if sd is not None:
        state |= {PATH_SD.format(day + 1): column for day, column in enumerate(sd.T)}
    return state


def from_path(state: State, *, transform: Transform, horizon: int) -> ModelForecast:
    """Restore the forecast of a saved path, as far as it goes."""
    centre = _columns(state, PATH, horizon)
    sd = np.repeat(state["error_spread"][:, None], centre.shape[1], axis=1)
    if PATH_SD.format(1) in state:
        sd = _columns(state, PATH_SD, horizon)
    ended = np.ones(len(centre), dtype=np.bool_)
    return ModelForecast(centre, sd, transform, is_converged=ended, state=state)


def _columns(state: State, name: str, horizon: int) -> Floats:
    names = [name.format(day + 1) for day in range(horizon)]
    return np.column_stack([state[each] for each in names if each in state])
