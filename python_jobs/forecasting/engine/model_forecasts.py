"""What goes into a model of a block, and what comes out."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from python_jobs.forecasting.engine.regression import Block
from python_jobs.forecasting.series import Floats

PATH = "ahead_{:03d}"
"""Names in the state of a model that has none but what it said of each day."""

State = dict[str, Floats]


@dataclass(frozen=True)
class ModelForecast:
    """What a model says of the days ahead of a block.

    Attributes
    ----------
    centre, sd
        Expected value and standard deviation of its error, shape (series, horizon); of
        the log usage for a calendar candidate, else of the usage.
    is_log
        Which of the two.
    is_converged
        Whether each fit came to an end.
    state
        Parameters and last state by name, shape (series,): all that `again` needs.
    """

    centre: Floats
    sd: Floats
    is_log: bool
    is_converged: NDArray[np.bool_]
    state: State


@dataclass(frozen=True)
class BlockData:
    """What a block gives its models.

    Attributes
    ----------
    residuals
        Log usage less what the calendar explains, shape (series, days).
    explained
        What the calendar explains of the days ahead, shape (series, horizon).
    usage
        Newest usage, usage unit, shape (series, days).
    alphas, levels
        Weight of the exponentially weighted level, and the level, shape (series,).
    spread
        Robust standard deviation of the residuals, shape (series,).
    """

    residuals: Block
    explained: Floats
    usage: Floats
    alphas: Floats
    levels: Floats
    spread: Floats


def path_state(centre: Floats) -> State:
    """Return the state of a model that has none but what it said of each day."""
    return {PATH.format(day + 1): column for day, column in enumerate(centre.T)}


def from_path(state: State, *, horizon: int) -> ModelForecast:
    """Say again what was said of each day, as far as it was said."""
    names = [PATH.format(day + 1) for day in range(horizon)]
    centre = np.column_stack([state[name] for name in names if name in state])
    sd = np.repeat(state["error_spread"][:, None], centre.shape[1], axis=1)
    ended = np.ones(len(centre), dtype=np.bool_)
    return ModelForecast(centre, sd, is_log=True, is_converged=ended, state=state)
