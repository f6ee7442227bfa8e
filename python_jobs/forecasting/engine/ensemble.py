"""The mean of all candidates and the naive, weighted by the inverse of their errors.

Source: Bates and Granger (1969), The Combination of Forecasts. It is kept where nothing
structural beats last week's values again.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from python_jobs.forecasting.engine.model_forecasts import (
    BlockData,
    ModelForecast,
    path_state,
)
from python_jobs.forecasting.series import WEEK_DAYS, Floats

NAME = "inverse_error_mean"
Weights = Mapping[str, Mapping[str, float]]


def naive_forecast(data: BlockData) -> ModelForecast:
    """Repeat last week's usage again and again."""
    count, horizon = data.explained.shape
    week = data.usage[:, -WEEK_DAYS:]
    repeated = np.tile(week, (1, -(-horizon // WEEK_DAYS)))[:, :horizon]
    return ModelForecast(
        centre=repeated,
        sd=np.ones_like(repeated),
        is_log=False,
        is_converged=np.ones(count, dtype=np.bool_),
        state={"variance": np.ones(count)},
    )


def inverse_error_mean(
    members: Mapping[str, ModelForecast],
    *,
    data: BlockData,
    metrics: NDArray[np.object_],
    weights: Weights,
    floors: Floats,
) -> ModelForecast:
    """Return the weighted mean of the usage that members and naive forecast.

    Parameters
    ----------
    members
        By candidate, the naive among them, each of a whole block.
    data
        Of the block.
    metrics, floors
        Of its series, shape (series,).
    weights
        By metric and model; a metric without any weighs all alike.
    """
    forecasts = {}
    with np.errstate(over="ignore"):
        for name, each in members.items():
            forecasts[name] = np.exp(each.centre) if each.is_log else each.centre
    total, mass = np.zeros_like(data.explained), np.zeros_like(data.explained)
    for name, usage in forecasts.items():
        own = np.array([weights.get(metric, {}).get(name, 1.0) for metric in metrics])
        is_finite = np.isfinite(usage)
        total += np.where(is_finite, usage, 0.0) * own[:, None]
        mass += is_finite * own[:, None]
    centre = np.log(np.maximum(total / mass, floors[:, None]))
    sd = np.repeat(data.spread[:, None], centre.shape[1], axis=1)
    return ModelForecast(
        centre=centre,
        sd=sd,
        is_log=True,
        is_converged=np.ones(len(centre), dtype=np.bool_),
        state=path_state(centre),
    )
