"""Forecast again from saved rows: parameters and last state, without a fit.

Loading rows runs no code, which loading a pickle would.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from python_jobs.calendar_weights import TERMS
from python_jobs.forecasting.engine.candidates import usage_ahead
from python_jobs.forecasting.engine.conformal import NO_QUANTILES, ErrorQuantiles
from python_jobs.forecasting.engine.designs import Designs
from python_jobs.forecasting.engine.fleet import Fleet, Integers
from python_jobs.forecasting.engine.model_forecasts import State
from python_jobs.forecasting.engine.models import again
from python_jobs.forecasting.forecasts import QUANTILES
from python_jobs.forecasting.series import Floats


@dataclass(frozen=True)
class SavedForecast:
    """What saved models of one kind, calendar, metric and day say.

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
    forecast = again(model, state, coefficients @ terms.T)
    horizon = forecast.centre.shape[1]
    values, around = usage_ahead(
        forecast,
        spread=state["error_spread"],
        is_eoq=terms[:horizon, TERMS.index("eoq_window")] > 0.0,
        quantiles=quantiles,
        ceilings=fleet.ceilings[series],
    )
    return SavedForecast(model, origin_day, series, values, around)


def _quantiles(rows: pd.DataFrame) -> dict[tuple[str, str], ErrorQuantiles]:
    """Return the saved quantiles by model and metric."""
    names = [name.replace("forecast_", "error_") for name in QUANTILES]
    found = {}
    for (model, metric), own in rows.groupby(["model", "metric"]):
        keys = [
            (bool(flag), int(band))
            for flag, band in zip(own["is_eoq"], own["horizon_band"], strict=True)
        ]
        values = own[names].to_numpy(dtype=np.float64)
        counts = own["error_count"].to_numpy(dtype=np.int64)
        found[str(model), str(metric)] = ErrorQuantiles(
            by_band=dict(zip(keys, values, strict=True)),
            counts={key: int(n) for key, n in zip(keys, counts, strict=True)},
        )
    return found
