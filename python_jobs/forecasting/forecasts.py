"""From a model's prediction to the forecast of usage, with quantiles."""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from python_jobs.forecasting.candidates import CANDIDATE_MODELS, predict
from python_jobs.forecasting.config import Candidate
from python_jobs.forecasting.guards import Reason, RefusedError, check_forecast
from python_jobs.forecasting.series import Floats

QUANTILES: dict[str, float] = {
    "forecast_q2_5": 0.025,
    "forecast_q5": 0.05,
    "forecast_q10": 0.1,
    "forecast_q25": 0.25,
    "forecast_q50": 0.5,
    "forecast_q75": 0.75,
    "forecast_q90": 0.9,
    "forecast_q95": 0.95,
    "forecast_q97_5": 0.975,
}
"""Published quantiles: column and probability, ascending."""


@dataclass(frozen=True)
class FitTask:
    """All that one process needs to forecast one series from one origin.

    Attributes
    ----------
    key
        Server and metric.
    usage
        Newest usage up to the origin, usage unit, shape (days,).
    residuals
        Log usage less what the calendar explains, newest days, shape (days,).
    explained
        What the calendar explains of the days ahead, log usage, shape (horizon,).
    ceiling, capacity_value
        Value a forecast is cut at; capacity, NaN when unknown.
    candidates
        Models to fit.
    maximum_iterations
        Steps of the optimiser.
    """

    key: tuple[str, str]
    usage: Floats
    residuals: Floats
    explained: Floats
    ceiling: float
    capacity_value: float
    candidates: tuple[Candidate, ...]
    maximum_iterations: int


@dataclass(frozen=True)
class UsageForecast:
    """Forecast of the days ahead in the unit of the usage.

    Attributes
    ----------
    values
        The forecast, shape (horizon,): the median, which a log forecast's mean is.
    quantiles
        In the order of `QUANTILES`, shape (horizon, 9), never crossing.
    """

    values: Floats
    quantiles: Floats


Outcome = UsageForecast | Reason


def forecast_outcomes(task: FitTask) -> dict[Candidate, Outcome]:
    """Fit every candidate of a task: a forecast or the reason why there is none."""
    outcomes: dict[Candidate, Outcome] = {}
    for candidate in task.candidates:
        try:
            outcomes[candidate] = _forecast(candidate, task)
        except RefusedError as refused:
            outcomes[candidate] = refused.reason
    return outcomes


def _forecast(candidate: Candidate, task: FitTask) -> UsageForecast:
    """Fit one candidate, guard what it says, and turn it into usage."""
    is_log = CANDIDATE_MODELS[candidate].is_calendar_adjusted
    prediction = predict(
        candidate,
        task.residuals if is_log else task.usage,
        horizon_days=len(task.explained),
        maximum_iterations=task.maximum_iterations,
    )
    centre = prediction.mean + task.explained if is_log else prediction.mean
    with np.errstate(over="ignore"):
        check_forecast(
            np.exp(centre) if is_log else centre,
            spread=prediction.sd,
            seen=task.usage,
            capacity_value=task.capacity_value,
        )
        deviates = ndtri(np.array([0.5, *QUANTILES.values()]))
        scores = centre[:, None] + prediction.sd[:, None] * deviates
        usage = np.exp(scores) if is_log else scores
    usage = np.clip(usage, 0.0, task.ceiling)
    if not np.isfinite(usage).all():
        raise RefusedError(Reason.FORECAST_NOT_FINITE)
    return UsageForecast(values=usage[:, 0], quantiles=usage[:, 1:])
