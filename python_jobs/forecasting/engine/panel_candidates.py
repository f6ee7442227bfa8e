"""The models that a panel chooses from: what explains, on which scale, what follows.

Names are those of the job's candidates. A suffix says what differs: ``_weekly`` has no
terms of months and quarters, ``_linear`` and ``_log`` name the scale.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from python_jobs.forecasting.engine.model_forecasts import BlockData, ModelForecast
from python_jobs.forecasting.engine.models import BLOCK_MODELS
from python_jobs.forecasting.series import Floats

Terms = Literal["calendar", "weekly"]
AUTO = "auto"
MEAN = "inverse_error_mean"


@dataclass(frozen=True)
class Variant:
    """One regression: its terms and its scale.

    Attributes
    ----------
    terms
        ``calendar``: all; ``weekly``: without those of months and quarters.
    has_logs
        Whether series are modelled by their logarithm, where they have one.
    """

    terms: Terms
    has_logs: bool


@dataclass(frozen=True)
class PanelModel:
    """A candidate of a panel.

    Attributes
    ----------
    variant
        Regression that comes first.
    fit
        Model of what is left, or of the scaled values.
    """

    variant: Variant
    fit: Callable[[BlockData, int], ModelForecast]


def _on_residual(name: str) -> Callable[[BlockData, int], ModelForecast]:
    def fit(data: BlockData, season: int) -> ModelForecast:  # noqa: ARG001 - one shape
        return BLOCK_MODELS[name](data)

    return fit


def _naive(season: int | None = None) -> Callable[[BlockData, int], ModelForecast]:
    def fit(data: BlockData, shortest: int) -> ModelForecast:
        return seasonal_naive(data, season or shortest)

    return fit


def seasonal_naive(data: BlockData, season: int) -> ModelForecast:
    """Repeat the newest season; without a whole one there is no forecast."""
    count, steps = data.loads.shape
    horizon = data.explained.shape[1]
    repeats = -(-horizon // season)
    if steps <= season:
        centre = np.full((count, horizon), np.nan)
        spread = np.ones(count)
    else:
        centre = np.tile(data.loads[:, -season:], (1, repeats))[:, :horizon]
        moves = data.loads[:, season:] - data.loads[:, :-season]
        spread = np.sqrt((moves**2).mean(axis=1))
    ages = np.sqrt(1.0 + np.arange(horizon) // season)
    return ModelForecast(
        centre=centre.astype(np.float64),
        sd=np.maximum(spread, 1e-9)[:, None] * ages,
        is_log=False,
        is_converged=np.ones(count, dtype=np.bool_),
        state={"variance": np.maximum(spread, 1e-9) ** 2},
    )


def scaled_data(data: BlockData, floors: Floats) -> BlockData:
    """Return the data with logarithms in place of loads."""
    logs = np.log(np.maximum(data.loads, floors[:, None]))
    return replace(data, loads=logs)


def _models() -> dict[str, PanelModel]:
    residual = ("level", "holt_winters", "sarima")
    models: dict[str, PanelModel] = {}
    for terms in ("calendar", "weekly"):
        for scale, has_logs in (("", True), ("_linear", False)):
            for name in residual:
                models[f"{name}_{terms}{scale}"] = PanelModel(
                    Variant(terms, has_logs), _on_residual(f"{name}_calendar")
                )
    for scale, has_logs in (("", False), ("_log", True)):
        for name in ("simple_exponential_smoothing", "holt_winters", "sarima"):
            models[f"{name}{scale}"] = PanelModel(
                Variant("weekly", has_logs), _on_residual(name)
            )
    linear = Variant("weekly", has_logs=False)
    models["seasonal_naive_7"] = PanelModel(linear, _naive(7))
    models["seasonal_naive_364"] = PanelModel(linear, _naive(364))
    return models


DAILY_MODELS: Mapping[str, PanelModel] = _models()
"""By name."""
