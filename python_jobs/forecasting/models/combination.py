"""Forecast combination weighted by inverse errors, and the seasonal naive.

Source: Bates and Granger (1969), The Combination of Forecasts. It is kept where nothing
structural beats the seasonal naive.
"""

from collections.abc import Iterable, Mapping

import numpy as np

from python_jobs.forecasting.core.arrays import (
    LINEAR,
    LOG,
    WEEK_DAYS,
    BlockData,
    Floats,
    ModelForecast,
    Strings,
    path_state,
    repeated,
)

NAME = "inverse_error_mean"
Weights = Mapping[str, Mapping[str, float]]


def naive_forecast(data: BlockData) -> ModelForecast:
    """Forecast the seasonal naive of a week."""
    count, horizon = data.explained.shape
    weeks = repeated(data.usage[:, -WEEK_DAYS:], horizon)
    return ModelForecast(
        centre=weeks,
        sd=np.ones_like(weeks),
        transform=LINEAR,
        is_converged=np.ones(count, dtype=np.bool_),
        state={"variance": np.ones(count)},
    )


def inverse_error_mean(
    members: Mapping[str, ModelForecast],
    *,
    data: BlockData,
    metrics: Strings,
    weights: Weights,
    floors: Floats,
) -> ModelForecast:
    """Combine members and naive by the weighted mean of the usage they forecast.

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
    own = np.array(
        [
            [weights.get(metric, {}).get(name, 1.0) for metric in metrics]
            for name in members
        ]
    )
    usage = [each.transform.back(each.centre) for each in members.values()]
    centre = np.log(np.maximum(weighted_mean(usage, own), floors[:, None]))
    sd = np.repeat(data.spread[:, None], centre.shape[1], axis=1)
    return ModelForecast(
        centre=centre,
        sd=sd,
        transform=LOG,
        is_converged=np.ones(len(centre), dtype=np.bool_),
        state=path_state(centre),
    )


def weighted_mean(values: Iterable[Floats], weights: Floats) -> Floats:
    """Return the mean of the values that are finite, NaN where none weighs anything.

    Parameters
    ----------
    values
        By member, each of shape (series, horizon).
    weights
        Not negative, shape (members, series).
    """
    total, mass = 0.0, 0.0
    for each, weight in zip(values, weights, strict=True):
        is_finite = np.isfinite(each)
        total = total + np.where(is_finite, each, 0.0) * weight[:, None]
        mass = mass + is_finite * weight[:, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        mean: Floats = total / np.asarray(mass)
    return mean
