"""Drift between two versions of the models, series by series.

On the days since the previous as-of date both are held against the same actuals: the
previous version's forecast as it was saved, and the new version's from the same day.
Beside it, how far the live forecasts moved on the days that both forecast.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from python_jobs.forecasting.config import Candidate
from python_jobs.forecasting.core.arrays import Floats
from python_jobs.forecasting.core.origin import LIVE_ORIGIN
from python_jobs.forecasting.core.series import Fleet
from python_jobs.forecasting.fleet.forecast import FleetForecast
from python_jobs.forecasting.fleet.saved import SavedForecast, saved_forecasts


def drift_rows(
    previous: pd.DataFrame,
    *,
    forecast: FleetForecast,
    best: Mapping[str, Candidate],
    live_values: Floats,
) -> list[pd.DataFrame]:
    """Return the rows of ``ml.forecast_drift``.

    Parameters
    ----------
    previous
        Rows of ``ml.forecast_models`` of the previous version, with ``run_id`` and
        ``as_of_date``; empty when there is none.
    forecast, best
        The new version: its origins, and the champion of each metric.
    live_values
        Live forecasts of the new version by series, NaN for none, shape (series,
        horizon).
    """
    if previous.empty:
        return []
    live = forecast.fleet_origins[LIVE_ORIGIN]
    previous_day = int(np.datetime64(previous["origin_date"].max(), "D").astype(int))
    elapsed_days = live.day - previous_day
    if elapsed_days < 1 or elapsed_days >= live_values.shape[1]:
        return []
    new_values = forecast.champions_from(previous_day, best, horizon_days=elapsed_days)
    empty = pd.DataFrame(columns=["model", "metric"])
    saved = saved_forecasts(
        previous,
        empty,
        fleet=forecast.fleet,
        designs=forecast.designs,
        last_day=live.day + live_values.shape[1],
    )
    stamp = {
        "previous_run_id": previous["run_id"].iloc[0],
        "previous_as_of_date": previous["as_of_date"].iloc[0],
    }
    return [
        _compared(
            each,
            fleet=forecast.fleet,
            best=best,
            new_values=new_values,
            live_values=live_values,
            elapsed_days=elapsed_days,
        ).assign(**stamp)
        for each in saved
        if each.origin_day == previous_day
    ]


def _compared(
    saved: SavedForecast,
    *,
    fleet: Fleet,
    best: Mapping[str, Candidate],
    new_values: Floats,
    live_values: Floats,
    elapsed_days: int,
) -> pd.DataFrame:
    """Return the rows of the series that both versions forecast."""
    new, live = new_values[saved.series], live_values[saved.series]
    kept = np.flatnonzero(np.isfinite(new).all(axis=1) & np.isfinite(live).all(axis=1))
    series, new, live = saved.series[kept], new[kept], live[kept]
    measured = fleet.actuals(series, origins=saved.origin_day, steps=elapsed_days)
    before = saved.values[kept, :elapsed_days]
    later = saved.values[kept, elapsed_days : elapsed_days + live.shape[1]]
    common = live[:, : later.shape[1]]
    return pd.DataFrame(
        {
            **fleet.keys(series),
            "model": [best[metric] for metric in fleet.metrics[series]],
            "previous_model": saved.model,
            "day_count": np.isfinite(measured).sum(axis=1),
            "previous_absolute_error_sum": np.nansum(abs(before - measured), axis=1),
            "new_absolute_error_sum": np.nansum(abs(new - measured), axis=1),
            "actual_sum": np.nansum(measured, axis=1),
            "change_day_count": common.shape[1],
            "absolute_change_sum": abs(common - later).sum(axis=1),
            "previous_forecast_sum": later.sum(axis=1),
        }
    )
