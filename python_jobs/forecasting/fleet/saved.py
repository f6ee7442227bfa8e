"""Forecasts from saved parameters and states, without a fit.

Loading rows runs no code, which loading a pickle would.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from python_jobs.calendars.forecast_design import TERMS
from python_jobs.forecasting.core.arrays import Floats, Integers, State
from python_jobs.forecasting.core.intervals import (
    NO_QUANTILES,
    ErrorQuantiles,
    usage_ahead,
)
from python_jobs.forecasting.core.origin import LIVE_ORIGIN, Origin
from python_jobs.forecasting.core.regression import CalendarDesign, Designs
from python_jobs.forecasting.core.series import Fleet
from python_jobs.forecasting.fleet.tables import ERROR_QUANTILES, forecast_frame
from python_jobs.forecasting.models.registry import forecast_from_state
from python_jobs.platform.errors import InputError


@dataclass(frozen=True)
class SavedForecast:
    """Forecasts of saved models of one kind, calendar, metric and day.

    Attributes
    ----------
    model, origin_day
        Candidate, and the last day it knew as days since 1970-01-01.
    series
        Positions in the fleet.
    values, quantiles
        In the usage unit, shape (series, horizon) and (series, horizon, 9), from the
        day after the origin on.
    """

    model: str
    origin_day: int
    series: Integers
    values: Floats
    quantiles: Floats


def saved_forecasts(
    models: pd.DataFrame,
    error_quantiles: pd.DataFrame,
    *,
    fleet: Fleet,
    designs: Designs,
    last_day: int,
) -> Iterator[SavedForecast]:
    """Yield the forecasts of every saved series that the fleet still has.

    Parameters
    ----------
    models
        Rows of ``ml.forecast_models`` of one run.
    error_quantiles
        Rows of ``ml.forecast_error_quantiles`` of the same run.
    fleet, designs
        For ceilings and calendars; usage is not read.
    last_day
        Last day to forecast, as days since 1970-01-01.
    """
    known = pd.MultiIndex.from_arrays([fleet.server_ids, fleet.metrics])
    quantiles = _quantiles(error_quantiles)
    for (model, origin_date), rows in models.groupby(["model", "origin_date"]):
        origin_day = int(
            pd.Timestamp(str(origin_date))
            .to_datetime64()
            .astype("datetime64[D]")
            .astype(np.int64)
        )
        wide = rows.pivot(
            index=["server_id", "metric"], columns="parameter", values="value"
        )
        position = known.get_indexer(pd.MultiIndex.from_frame(wide.index.to_frame()))
        wide, position = wide[position >= 0], position[position >= 0]
        kinds: Any = wide.groupby(
            [fleet.calendar_ids[position], fleet.metrics[position]]
        ).indices
        for (calendar_id, metric), own in sorted(kinds.items()):
            yield _forecast(
                str(model),
                wide.iloc[own],
                series=position[own],
                origin_day=origin_day,
                quantiles=quantiles.get((str(model), metric), NO_QUANTILES),
                fleet=fleet,
                terms=designs.terms(
                    calendar_id, first_day=origin_day + 1, days=last_day - origin_day
                ),
            )


def _forecast(
    model: str,
    wide: pd.DataFrame,
    *,
    series: Integers,
    origin_day: int,
    quantiles: ErrorQuantiles,
    fleet: Fleet,
    terms: Floats,
) -> SavedForecast:
    coefficients = wide[[f"coefficient_{term}" for term in TERMS]].to_numpy()
    state: State = {
        str(name): wide[name].to_numpy()
        for name in wide
        if not str(name).startswith("coefficient_") and wide[name].notna().all()
    }
    forecast = forecast_from_state(model, state, coefficients @ terms.T)
    horizon = forecast.centre.shape[1]
    values, around = usage_ahead(
        forecast,
        spread=state["error_spread"],
        is_eoq_window=terms[:horizon, TERMS.index("eoq_window")] > 0.0,
        quantiles=quantiles,
        ceilings=fleet.ceilings[series],
    )
    return SavedForecast(model, origin_day, series, values, around)


def _quantiles(rows: pd.DataFrame) -> dict[tuple[str, str], ErrorQuantiles]:
    """Return the saved quantiles by model and metric."""
    found = {}
    for (model, metric), own in rows.groupby(["model", "metric"]):
        keys = [
            (bool(flag), int(band))
            for flag, band in zip(
                own["is_eoq_window"], own["horizon_band"], strict=True
            )
        ]
        values = own[ERROR_QUANTILES].to_numpy(dtype=np.float64)
        counts = own["error_count"].to_numpy(dtype=np.int64)
        found[str(model), str(metric)] = ErrorQuantiles(
            by_band=dict(zip(keys, values, strict=True)),
            counts={key: int(n) for key, n in zip(keys, counts, strict=True)},
        )
    return found


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
    fleet: Fleet,
    designs: Mapping[str, CalendarDesign],
    live: Origin,
) -> dict[str, list[pd.DataFrame]]:
    """Forecast the live horizon from the saved models; the rest is carried over.

    Parameters
    ----------
    frames
        The job's own tables.
    fleet, designs, live
        Series, terms by calendar, and the day to forecast from.

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
    day = int(live.date.astype(np.int64))
    saved = saved_forecasts(
        models,
        frames["ml.forecast_error_quantiles"],
        fleet=fleet,
        designs=Designs(designs),
        last_day=day + live.horizon_days,
    )
    return {
        "ml.usage_forecasts": [
            _live_rows(fleet, each, after_day=day) for each in saved
        ],
        **{table: [frames[table]] for table in _CARRIED},
    }


def _live_rows(fleet: Fleet, saved: SavedForecast, *, after_day: int) -> pd.DataFrame:
    """Return the rows of the days after the as-of date."""
    skipped = after_day - saved.origin_day
    return forecast_frame(
        *(fleet, saved.series, saved.values[:, skipped:], saved.quantiles[:, skipped:]),
        model=saved.model,
        number=LIVE_ORIGIN,
        day=saved.origin_day,
        first_day=after_day + 1,
    )
