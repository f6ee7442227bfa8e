"""Worker with our engine: on arrays, as the job calls it, and through long frames."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from names import (
    ARIMA,
    ARIMA_ARRAYS,
    ARRAYS,
    CHOICES,
    ENGINE,
    PANEL,
    PANEL_AUTO,
    PANEL_OWN,
    TRUTH_LEVEL,
    WITHOUT_EOQ,
)
from serving import Forecaster, Frames, serve

from python_jobs.calendars.forecast_design import (
    FIRST_FULL_WINDOW_DAYS,
    QUANTILES,
    TERMS,
)
from python_jobs.forecasting.config import JobsConfig
from python_jobs.forecasting.core.intervals import (
    NO_QUANTILES,
    ErrorQuantiles,
    error_spread,
    usage_ahead,
)
from python_jobs.forecasting.core.origin import FleetOrigin
from python_jobs.forecasting.core.regression import Designs, calendar_designs
from python_jobs.forecasting.core.series import Fleet
from python_jobs.forecasting.fleet.forecast import CalibrationErrors, block_prediction
from python_jobs.forecasting.models.registry import BLOCK_MODELS
from python_jobs.forecasting.panel import AUTO, forecast_panel

HORIZON_DAYS = 90
SPACING_DAYS = 91
BOUNDS = {
    "low_80": "forecast_q10",
    "high_80": "forecast_q90",
    "low_95": "forecast_q2_5",
    "high_95": "forecast_q97_5",
}
EOQ_TERMS = ("eoq_window", "eoq_progress", "quarter_last_5", "quarter_last_10")


@dataclass(frozen=True)
class Given:
    """What the engine works on: arrays, and what is known of the fleet as a whole.

    Attributes
    ----------
    fleet, designs, day
        Usage, terms by calendar, and the last known day since 1970-01-01.
    origins
        By number: 0 the day itself, the others before it. An origin holds windows, and
        what is chosen and estimated for the fleet as a whole.
    quantiles
        Of standardised errors, by metric.
    """

    fleet: Fleet
    designs: Designs
    day: int
    origins: Mapping[int, FleetOrigin]
    quantiles: Mapping[str, ErrorQuantiles]


@dataclass(frozen=True)
class Predictions:
    """Forecasts of every series.

    Attributes
    ----------
    given
        What they were made from.
    series, values, quantiles
        Positions in the fleet; shape (series, horizon) and (series, horizon, 9).
    """

    given: Given
    series: Any
    values: Any
    quantiles: Any


@lru_cache(maxsize=2)
def arrays(frames: Frames, left_out: tuple[str, ...] = ()) -> Given:
    """Return the fleet as arrays, at this origin and at each with two years before it.

    Parameters
    ----------
    frames
        Days of the features, and the coming days with their terms.
    left_out
        Terms that the calendar does not have.
    """
    names = ["calendar_id", "ds", *(f"x_{term}" for term in TERMS)]
    terms = pd.concat([frames.known[names], frames.ahead[names]])
    terms = terms.drop_duplicates(["calendar_id", "ds"]).sort_values(names[:2])
    terms = terms.rename(columns={"ds": "calendar_date"})
    terms = terms.assign(**{f"x_{term}": 0.0 for term in left_out})
    rows = frames.known.rename(columns={"y": "usage_value", "ds": "metric_date"})
    fleet, designs = Fleet.of(rows), Designs(calendar_designs(terms))
    day = int((fleet.first_steps + fleet.lengths).max()) - 1
    count = (int(fleet.lengths.max()) - FIRST_FULL_WINDOW_DAYS) // SPACING_DAYS
    origins = {
        number: _origin(fleet, designs, day - number * SPACING_DAYS)
        for number in range(count + 1)
    }
    return Given(fleet, designs, day, origins, quantiles={})


def prepared(frames: Frames, *, model: str, left_out: tuple[str, ...] = ()) -> Given:
    """Return arrays, and the quantiles of a model's errors at the origins before."""
    given = arrays(frames, left_out)
    calibration = CalibrationErrors(SPACING_DAYS)
    for number in sorted(given.origins, reverse=True)[:-1]:
        origin = given.origins[number]
        for block in origin.blocks():
            fitted = origin.fitted(block, horizon_days=HORIZON_DAYS)
            prediction = block_prediction(
                BLOCK_MODELS[model](fitted.data),
                fitted=fitted,
                origin=origin,
                quantiles={},
            )
            calibration.add(model, prediction, number=number, fleet=given.fleet)
    return replace(given, quantiles=calibration.quantiles(model, number=0))


def _origin(fleet: Fleet, designs: Designs, day: int) -> FleetOrigin:
    return FleetOrigin(fleet, designs=designs, day=day, fit_days=JobsConfig().fit_days)


def fitted_forecast(given: Given, *, model: str) -> Predictions:
    """Fit every series and forecast mean and quantiles, block by block."""
    origin, fleet = given.origins[0], given.fleet
    parts = []
    for block in origin.blocks():
        fitted = origin.fitted(block, horizon_days=HORIZON_DAYS)
        forecast = BLOCK_MODELS[model](fitted.data)
        values, quantiles = usage_ahead(
            forecast,
            spread=error_spread(forecast, fitted.data.spread),
            is_eoq_window=origin.is_eoq_window_ahead(block.calendar_id, HORIZON_DAYS),
            quantiles=given.quantiles.get(block.metric, NO_QUANTILES),
            ceilings=fleet.ceilings[block.series],
        )
        parts.append((block.series, values, quantiles))
    return Predictions(
        given, *(np.concatenate(each) for each in zip(*parts, strict=True))
    )


def chosen_forecast(given: Given, *, model: str) -> Predictions:
    """Choose and estimate for the fleet as a whole as well, then the same."""
    origin = _origin(given.fleet, given.designs, given.day)
    return fitted_forecast(replace(given, origins={0: origin}), model=model)


def framed(prediction: Predictions) -> pd.DataFrame:
    """Return the forecasts as the scoring takes them."""
    fleet, days = (
        prediction.given.fleet,
        prediction.given.day + 1 + np.arange(HORIZON_DAYS),
    )
    ids = fleet.server_ids[prediction.series] + " " + fleet.metrics[prediction.series]
    columns = {
        "unique_id": np.repeat(ids, HORIZON_DAYS),
        "ds": np.tile(days.astype("datetime64[D]"), len(ids)).astype("datetime64[us]"),
        "mean": prediction.values.ravel(),
    }
    place = {name: k for k, name in enumerate(QUANTILES)}
    for bound, name in BOUNDS.items():
        columns[bound] = prediction.quantiles[:, :, place[name]].ravel()
    return pd.DataFrame(columns)


def panel(model: str, **options: Any) -> Forecaster:
    """Return the public function: series, day, usage and metric in, forecasts out."""
    columns = ["unique_id", "ds", "y", "metric"]
    return Forecaster(
        prepare=lambda frames: frames.known[columns],
        forecast=lambda frame: forecast_panel(
            frame, horizon=HORIZON_DAYS, model=model, processes=1, **options
        ),
        frame=panel_framed,
    )


def panel_framed(prediction: pd.DataFrame) -> pd.DataFrame:
    """Return the public function's rows as the scoring takes them."""
    names = {"forecast_value": "mean"} | {name: each for each, name in BOUNDS.items()}
    prediction = prediction[prediction["reason"].isna()].rename(columns=names)
    return prediction[["unique_id", "ds", *names.values()]]


def engine(
    model: str,
    *,
    left_out: tuple[str, ...] = (),
    forecast: Callable[..., Predictions] = fitted_forecast,
) -> Forecaster:
    """Return a model of the engine, called on arrays."""
    return Forecaster(
        prepare=lambda frames: prepared(frames, model=model, left_out=left_out),
        forecast=lambda given: forecast(given, model=model),
        frame=framed,
    )


def relative_to_truth(frames: Frames) -> tuple[Given, pd.DataFrame]:
    """Return the usage relative to the generator's mean, for a design of a level only.

    So the engine has the true calendar, trend and events, and forecasts what is left.
    """
    known, floor = frames.known, frames.known["log_floor"]
    ratio = np.maximum(known["y"], floor) / np.maximum(known["true_value"], floor)
    relative = known.assign(
        y=ratio, measured_value=ratio, log_floor=1e-6, usage_unit="", capacity_value=1e6
    )
    given = prepared(
        Frames(relative, frames.ahead), model=ENGINE, left_out=tuple(TERMS[1:])
    )
    return given, frames.ahead[["unique_id", "ds", "true_value"]]


def times_truth(prediction: tuple[Predictions, pd.DataFrame]) -> pd.DataFrame:
    """Return to usage: the forecast of what was left, times the truth of the day."""
    forecast, truth = prediction
    rows = framed(forecast).merge(truth, on=["unique_id", "ds"])
    names = ["mean", *BOUNDS]
    return rows.assign(**rows[names].mul(rows["true_value"], axis=0))


FORECASTERS = {
    PANEL: panel(ENGINE),
    PANEL_AUTO: panel(AUTO),
    PANEL_OWN: panel(ENGINE, origins=0),
    ARRAYS: engine(ENGINE),
    ARIMA_ARRAYS: engine(ARIMA),
    CHOICES: engine(ENGINE, forecast=chosen_forecast),
    **{name: engine(name) for name in BLOCK_MODELS},
    WITHOUT_EOQ: engine(ENGINE, left_out=EOQ_TERMS),
    TRUTH_LEVEL: Forecaster(
        prepare=relative_to_truth,
        forecast=lambda given: (fitted_forecast(given[0], model=ENGINE), given[1]),
        frame=times_truth,
    ),
}

if __name__ == "__main__":
    serve(FORECASTERS)
