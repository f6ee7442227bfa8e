"""The forecasts of a panel: one row per series and step, each told or with a reason."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from python_jobs.forecasting.engine.fleet import Strings
from python_jobs.forecasting.engine.panel_backtests import Group, Panel
from python_jobs.forecasting.engine.panel_checks import Frequency
from python_jobs.forecasting.engine.panel_fallbacks import fallback
from python_jobs.forecasting.engine.panel_series import PanelSeries
from python_jobs.forecasting.engine.panel_told import Told
from python_jobs.forecasting.forecasts import QUANTILES
from python_jobs.forecasting.series import Floats

ALL_MISSING = "all_missing"
"""Reason of a series without a single value: nothing is forecast."""

_LARGEST = float(np.finfo(np.float64).max)


@dataclass(frozen=True)
class Forecasts:
    """What is forecast of each series of a panel, in its own unit.

    Attributes
    ----------
    models, reasons
        Shape (series,), None for nothing.
    values, quantiles
        Shape (series, horizon) and (series, horizon, 9).
    """

    models: Strings
    reasons: Strings
    values: Floats
    quantiles: Floats

    @classmethod
    def none(cls, series: PanelSeries, horizon: int) -> "Forecasts":
        """Return the forecasts of series without any value."""
        count = len(series)
        return cls(
            models=np.full(count, None, dtype=object),
            reasons=np.full(count, ALL_MISSING, dtype=object),
            values=np.full((count, horizon), np.nan),
            quantiles=np.full((count, horizon, len(QUANTILES)), np.nan),
        )

    def keep(
        self, panel: Panel, group: Group, live: Told, around: Floats, *, labels: Strings
    ) -> None:
        """Keep a group's forecasts, and what stands in where there is none.

        Parameters
        ----------
        panel, group
            Which series.
        live, around
            What is told of the steps ahead, and its quantiles.
        labels
            Name of the model of each series of the group.
        """
        series, values = panel.series, live.values
        for row, position in enumerate(group.positions):
            told: tuple[str, str | None, Floats, Floats]
            seen = series.of(position)
            if live.is_valid[row]:
                near = _within_reach(around[row], values[row], seen=seen)
                told = labels[row], None, values[row], near
            else:
                told = fallback(
                    *(series, position),
                    horizon=panel.horizon,
                    season=panel.season,
                    shortest=panel.shortest,
                    flat_steps=panel.flat_steps,
                )
            self.models[position], self.reasons[position] = told[:2]
            lowest = 0.0 if seen.min() >= 0.0 else -np.inf
            self.values[position] = np.maximum(told[2], lowest)
            self.quantiles[position] = np.maximum(told[3], lowest)

    def frame(self, series: PanelSeries, *, frequency: Frequency) -> pd.DataFrame:
        """Return one row per series and step ahead, in the unit of the frame."""
        horizon = self.values.shape[1]
        steps = series.newest_steps[:, None] + np.arange(1, horizon + 1)
        columns = {
            "unique_id": np.repeat(series.unique_ids, horizon),
            "ds": steps.ravel().astype(f"datetime64[{frequency}]").astype("M8[us]"),
            "model": np.repeat(self.models, horizon),
            "reason": np.repeat(self.reasons, horizon),
            "forecast_value": _in_unit(self.values, series),
        }
        for place, name in enumerate(QUANTILES):
            columns[name] = _in_unit(self.quantiles[:, :, place], series)
        return pd.DataFrame(columns)


def _within_reach(quantiles: Floats, values: Floats, *, seen: Floats) -> Floats:
    """Keep quantiles within once the seen range of what was seen or is expected.

    A logarithm that is off by a few units is a value off by powers of ten.

    Parameters
    ----------
    quantiles, values
        Of one series, shape (horizon, 9) and (horizon,).
    seen
        Its history, shape (steps,).
    """
    reach = np.ptp(seen)
    lowest = np.minimum(values, seen.min()) - reach
    highest = np.maximum(values, seen.max()) + reach
    near: Floats = np.clip(quantiles, lowest[:, None], highest[:, None])
    return near


def _in_unit(values: Floats, series: PanelSeries) -> Floats:
    """Return values of shape (series, horizon) as the frame had them, one by one."""
    with np.errstate(over="ignore", under="ignore"):
        found = np.ldexp(values, series.exponents[:, None])
    return np.clip(found, -_LARGEST, _LARGEST).ravel()
