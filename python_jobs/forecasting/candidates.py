"""The models that are fitted, each as mean and spread of the days ahead.

Each takes what was seen, ascending and without gaps, and returns the model's own
forecast on the scale of what it was given. The calendar candidates get the logarithm
less what the calendar explains; the others the usage as it is. The literal statsmodels
classes do the fitting.
"""

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from python_jobs.forecasting.config import Candidate
from python_jobs.forecasting.guards import Reason, RefusedError, check_history
from python_jobs.forecasting.predictions import Prediction
from python_jobs.forecasting.sarima import sarima, sarima_calendar, sarima_seasonal
from python_jobs.forecasting.series import Floats
from python_jobs.forecasting.smoothing import (
    holt_winters,
    holt_winters_calendar,
    simple_exponential_smoothing,
)

FIT_ERRORS = (ValueError, FloatingPointError, ZeroDivisionError, np.linalg.LinAlgError)


@dataclass(frozen=True)
class CandidateModel:
    """How a candidate is fitted.

    Attributes
    ----------
    predict
        Function of (values, horizon_days, maximum_iterations).
    is_calendar_adjusted
        Whether it gets the calendar's residual of the log usage, else the usage.
    """

    predict: Callable[[Floats, int, int], Prediction]
    is_calendar_adjusted: bool


def predict(
    candidate: Candidate,
    values: Floats,
    *,
    horizon_days: int,
    maximum_iterations: int,
) -> Prediction:
    """Fit a candidate and forecast, or refuse.

    Parameters
    ----------
    candidate
        Which model.
    values
        What was seen, shape (days,).
    horizon_days
        Days ahead.
    maximum_iterations
        Steps of the optimiser.

    Raises
    ------
    RefusedError
        If the values cannot be fitted, the fit breaks down, or it does not converge.
    """
    check_history(values)
    model = CANDIDATE_MODELS[candidate]
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        # what the warnings say (no convergence, overflow) the guards judge, by value
        warnings.simplefilter("ignore")
        try:
            return model.predict(values, horizon_days, maximum_iterations)
        except FIT_ERRORS as error:
            raise RefusedError(Reason.FIT_FAILED) from error


CANDIDATE_MODELS: Mapping[Candidate, CandidateModel] = {
    "holt_winters_calendar": CandidateModel(
        holt_winters_calendar, is_calendar_adjusted=True
    ),
    "sarima_calendar": CandidateModel(sarima_calendar, is_calendar_adjusted=True),
    "holt_winters": CandidateModel(holt_winters, is_calendar_adjusted=False),
    "sarima": CandidateModel(sarima, is_calendar_adjusted=False),
    "sarima_seasonal": CandidateModel(sarima_seasonal, is_calendar_adjusted=False),
    "simple_exponential_smoothing": CandidateModel(
        simple_exponential_smoothing, is_calendar_adjusted=False
    ),
}
