"""The third path: the newest published models forecast again, without a fit."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from python_jobs.forecasting.calendar_fit import CalendarDesign
from python_jobs.forecasting.engine.designs import Designs
from python_jobs.forecasting.engine.fleet import Fleet
from python_jobs.forecasting.engine.saved import SavedForecast, saved_forecasts
from python_jobs.forecasting.engine.tables import dates
from python_jobs.forecasting.forecasts import QUANTILES
from python_jobs.forecasting.origins import LIVE_ORIGIN, Origin
from python_jobs.platform.errors import InputError

_CARRIED = (
    "ml.forecast_backtests",
    "ml.forecast_models",
    "ml.forecast_error_quantiles",
    "ml.series_states",
    "ml.forecast_drift",
)


def forecast_from_saved(
    frames: Mapping[str, pd.DataFrame],
    *,
    designs: Mapping[str, CalendarDesign],
    live: Origin,
) -> dict[str, list[pd.DataFrame]]:
    """Forecast the live horizon from the saved models; the rest is carried over.

    Parameters
    ----------
    frames
        ``feat_usage_forecasts`` and the job's own tables.
    designs, live
        Terms by calendar, and the day to forecast from.

    Raises
    ------
    InputError
        If no model is saved.
    """
    models = frames["ml.forecast_models"]
    if models.empty:
        raise InputError(
            "ml.forecast_models has no published model up to the as-of date → fit them"
            " with `capacity jobs usage_forecasts`"
        )
    fleet, day = (
        Fleet.of(frames["feat_usage_forecasts"]),
        int(live.date.astype(np.int64)),
    )
    said = saved_forecasts(
        models,
        frames["ml.forecast_error_quantiles"],
        fleet=fleet,
        designs=Designs(designs),
        last_day=day + live.horizon_days,
    )
    before = frames["ml.usage_forecasts"]
    return {
        "ml.usage_forecasts": [
            *(_live_rows(fleet, each, after_day=day) for each in said),
            before[before["origin_number"] != LIVE_ORIGIN],
        ],
        **{table: [frames[table]] for table in _CARRIED},
    }


def _live_rows(fleet: Fleet, said: SavedForecast, *, after_day: int) -> pd.DataFrame:
    """Return the rows of the days after the as-of date."""
    skipped = after_day - said.origin_day
    days = said.values.shape[1] - skipped
    series = np.repeat(said.series, days)
    around = said.quantiles[:, skipped:].reshape(-1, len(QUANTILES)).T
    return pd.DataFrame(
        {
            "origin_number": LIVE_ORIGIN,
            "origin_date": dates(np.full(len(series), said.origin_day)),
            **fleet.keys(series),
            "target_date": dates(
                np.tile(after_day + np.arange(1, days + 1), len(said.series))
            ),
            "model": said.model,
            "forecast_value": said.values[:, skipped:].ravel(),
            **dict(zip(QUANTILES, around, strict=True)),
        }
    )
