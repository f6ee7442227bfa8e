"""SARIMA by statsmodels' state space, with the variance of its filter.

Two things keep it affordable without changing what it finds: the variance is
concentrated out of the likelihood, and no standard errors of parameters are computed,
because nothing reads them.
"""

import numpy as np

from python_jobs.forecasting.guards import Reason, RefusedError, check_history
from python_jobs.forecasting.predictions import Prediction, is_converged
from python_jobs.forecasting.series import WEEK_DAYS, Floats

_START = (0.3, -0.8)
"""AR and MA of a daily usage that reverts within days: where the search begins."""


def sarima_calendar(values: Floats, horizon_days: int, steps: int) -> Prediction:
    """Forecast the calendar's residual: regression with ARIMA(1,1,1) errors."""
    return _prediction(values, horizon_days=horizon_days, steps=steps)


def sarima(values: Floats, horizon_days: int, steps: int) -> Prediction:
    """Forecast the usage: its weekday means with ARIMA(1,1,1) errors.

    The same as the calendar candidate with the least calendar there is, so the two
    differ by what the calendar and the logarithm bring. On the default fleet it is a
    fiftieth better than the seasonal SARIMA(1,1,1)(0,1,1) of seven days, in a quarter
    of the time.
    """
    weekday = np.arange(len(values) + horizon_days) % WEEK_DAYS
    past = weekday[: len(values)]
    means = np.bincount(past, weights=values) / np.bincount(past)
    residuals = values - means[past]
    check_history(residuals)
    prediction = _prediction(residuals, horizon_days=horizon_days, steps=steps)
    return Prediction(
        mean=prediction.mean + means[weekday[len(values) :]], sd=prediction.sd
    )


def sarima_seasonal(values: Floats, horizon_days: int, steps: int) -> Prediction:
    """Forecast the usage by SARIMA(1,1,1)(1,0,1) of seven days: seconds a series."""
    return _prediction(
        values,
        horizon_days=horizon_days,
        steps=steps,
        seasonal_order=(1, 0, 1, WEEK_DAYS),
    )


def _prediction(
    values: Floats,
    *,
    horizon_days: int,
    steps: int,
    seasonal_order: tuple[int, int, int, int] = (0, 0, 0, 0),
) -> Prediction:
    """Fit ARIMA(1,1,1) and forecast; the variance is the Kalman filter's.

    Raises
    ------
    RefusedError
        If the likelihood's maximum is not found.
    """
    # seconds, and the engine does without
    from statsmodels.tsa.statespace.sarimax import SARIMAX  # noqa: PLC0415

    is_seasonal = any(seasonal_order)
    model = SARIMAX(
        values,
        order=(1, 1, 1),
        seasonal_order=seasonal_order,
        concentrate_scale=True,
    )
    fit = model.fit(
        start_params=None if is_seasonal else _START,
        maxiter=steps,
        cov_type="none",
        low_memory=True,
        disp=False,
    )
    if not is_converged(fit):
        raise RefusedError(Reason.NOT_CONVERGED)
    # a low-memory fit keeps no variance to forecast with
    filtered = model.filter(fit.params, cov_type="none")
    forecast = filtered.get_forecast(horizon_days)
    return Prediction(
        mean=np.asarray(forecast.predicted_mean, dtype=np.float64),
        sd=np.asarray(forecast.se_mean, dtype=np.float64),
    )
