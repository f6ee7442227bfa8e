"""statsmodels' own classes as candidates, fitted series by series in processes.

The certified reference of the engine's kernels, and the way for those who want no other
code than statsmodels'. Half a second a series and origin: two things keep SARIMAX
affordable without changing what it finds, the variance is concentrated out of the
likelihood, and no standard errors of parameters are computed.
"""

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from joblib import Parallel, cpu_count, delayed, parallel_config
from threadpoolctl import threadpool_limits

from python_jobs.forecasting.core.arrays import (
    LINEAR,
    LOG,
    WEEK_DAYS,
    BlockData,
    Floats,
    ModelForecast,
    Reason,
    path_state,
)
from python_jobs.forecasting.models.smoothing import SETTLING_DAYS, variance_factors

CHUNK_SERIES = 5
"""Series that a process takes at a time: about a second of work."""

_START = (0.3, -0.8)
"""AR and MA of a daily usage that reverts within days: where the search begins."""

_FIT_ERRORS = (ValueError, FloatingPointError, ZeroDivisionError, np.linalg.LinAlgError)


class RejectedError(Exception):
    """A series cannot be fitted; carries the reason."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(str(reason))
        self.reason = reason


@dataclass(frozen=True)
class Prediction:
    """Forecast of one series.

    Attributes
    ----------
    mean, sd
        Expected value, and standard deviation of the error, shape (horizon,).
    """

    mean: Floats
    sd: Floats


Fit = Callable[[Floats, int, int], Prediction]
"""Function of (values, horizon_days, steps of the optimiser)."""


@dataclass(frozen=True)
class LiteralModel:
    """Candidate by a class of statsmodels.

    Attributes
    ----------
    fit
        To the values of one series.
    is_calendar_adjusted
        Whether these are the calendar's residuals of the log usage, else the usage.
    """

    fit: Fit
    is_calendar_adjusted: bool


def block_models(
    *, steps: int, processes: int | None
) -> dict[str, Callable[[BlockData], ModelForecast]]:
    """Return the candidates as models of a block.

    Parameters
    ----------
    steps
        Of the optimiser; a fit that has not converged then is rejected.
    processes
        Processes side by side; None: one a core. It changes the time alone.
    """
    return {
        name: partial(forecast_block, model, steps=steps, processes=processes)
        for name, model in LITERAL_MODELS.items()
    }


def forecast_block(
    model: LiteralModel, data: BlockData, *, steps: int, processes: int | None
) -> ModelForecast:
    """Fit and forecast each series of a block."""
    count, horizon = data.explained.shape
    is_log = model.is_calendar_adjusted
    values = data.residuals.astype(np.float64) if is_log else data.usage
    mean, sd = np.full((count, horizon), np.nan), np.full((count, horizon), np.nan)
    failures: dict[int, Reason] = {}
    outcomes = _outcomes(
        partial(outcome, model.fit, horizon_days=horizon, steps=steps),
        values,
        processes=processes,
    )
    for row, found in enumerate(outcomes):
        if isinstance(found, Reason):
            failures[row] = found
        else:
            mean[row], sd[row] = found.mean, found.sd
    centre = mean + data.explained if is_log else mean
    return ModelForecast(
        centre=centre,
        sd=sd,
        transform=LOG if is_log else LINEAR,
        is_converged=np.isfinite(centre[:, 0]),
        state=path_state(centre, sd) | {"variance": sd[:, 0] ** 2},
        failures=failures,
    )


def outcome(
    fit: Fit, values: Floats, *, horizon_days: int, steps: int
) -> Prediction | Reason:
    """Fit one series: its forecast, or the reason why there is none."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        # no convergence, overflow: the validity checks see them by value
        warnings.simplefilter("ignore")
        try:
            _reject_unfit(values)
            return fit(values, horizon_days, steps)
        except RejectedError as rejected:
            return rejected.reason
        except _FIT_ERRORS:
            return Reason.FIT_FAILED


def _reject_unfit(values: Floats) -> None:
    """Reject values on which a fit fails silently."""
    if not np.isfinite(values).all():
        raise RejectedError(Reason.NOT_FINITE)
    if np.ptp(values) <= 1e-9 * max(1.0, float(np.abs(values).max())):
        raise RejectedError(Reason.FLAT)


def _outcomes(
    fit: Callable[[Floats], Prediction | Reason],
    values: Floats,
    *,
    processes: int | None,
) -> Iterator[Prediction | Reason]:
    """Fit every series in processes; yield the outcomes in order."""
    chunks = [
        values[first : first + CHUNK_SERIES]
        for first in range(0, len(values), CHUNK_SERIES)
    ]
    workers = min(processes or cpu_count(), len(chunks))
    if workers <= 1:
        for chunk in chunks:
            yield from _fit_chunk(fit, chunk)
        return
    with parallel_config(backend="loky", n_jobs=workers, inner_max_num_threads=1):
        fitted = Parallel(return_as="generator")(
            delayed(_fit_chunk)(fit, chunk) for chunk in chunks
        )
        for outcomes in fitted:
            yield from outcomes


def _fit_chunk(
    fit: Callable[[Floats], Prediction | Reason], chunk: Floats
) -> Sequence[Prediction | Reason]:
    """Fit a chunk of series in one process, with single-threaded BLAS."""
    with threadpool_limits(limits=1):
        return [fit(row) for row in chunk]


def sarima_calendar(values: Floats, horizon_days: int, steps: int) -> Prediction:
    """Forecast the calendar regression with ARIMA(1,1,1) errors."""
    return _by_sarimax(values, horizon_days=horizon_days, steps=steps)


def sarima(values: Floats, horizon_days: int, steps: int) -> Prediction:
    """Forecast weekday means with ARIMA(1,1,1) errors on the usage.

    The same as the calendar candidate with the least calendar there is, so the two
    differ by what the calendar and the logarithm bring. On the default fleet it is a
    fiftieth better than the seasonal SARIMA(1,1,1)(0,1,1) of seven days, in a quarter
    of the time.
    """
    weekday = np.arange(len(values) + horizon_days) % WEEK_DAYS
    past = weekday[: len(values)]
    means = np.bincount(past, weights=values) / np.bincount(past)
    residuals = values - means[past]
    _reject_unfit(residuals)
    found = _by_sarimax(residuals, horizon_days=horizon_days, steps=steps)
    return Prediction(mean=found.mean + means[weekday[len(values) :]], sd=found.sd)


def sarima_seasonal(values: Floats, horizon_days: int, steps: int) -> Prediction:
    """Forecast SARIMA(1,1,1)(1,0,1)[7] of the usage: seconds a series."""
    return _by_sarimax(
        values,
        horizon_days=horizon_days,
        steps=steps,
        seasonal_order=(1, 0, 1, WEEK_DAYS),
    )


def _by_sarimax(
    values: Floats,
    *,
    horizon_days: int,
    steps: int,
    seasonal_order: tuple[int, int, int, int] = (0, 0, 0, 0),
) -> Prediction:
    """Fit ARIMA(1,1,1) and forecast; the variance is the Kalman filter's."""
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
    if not _is_converged(fit):
        raise RejectedError(Reason.NOT_CONVERGED)
    # a low-memory fit keeps no variance to forecast with
    filtered = model.filter(fit.params, cov_type="none")
    forecast = filtered.get_forecast(horizon_days)
    return Prediction(
        mean=np.asarray(forecast.predicted_mean, dtype=np.float64),
        sd=np.asarray(forecast.se_mean, dtype=np.float64),
    )


def holt_winters_calendar(values: Floats, horizon_days: int, steps: int) -> Prediction:
    """Forecast by the damped Holt model of the calendar residuals."""
    model = _holtwinters().ExponentialSmoothing(
        values, trend="add", damped_trend=True, initialization_method="heuristic"
    )
    return _by_smoothing(model, horizon_days=horizon_days, steps=steps)


def holt_winters(values: Floats, horizon_days: int, steps: int) -> Prediction:
    """Forecast by the damped additive Holt-Winters model, season seven days."""
    model = _holtwinters().ExponentialSmoothing(
        values,
        trend="add",
        damped_trend=True,
        seasonal="add",
        seasonal_periods=WEEK_DAYS,
        initialization_method="heuristic",
    )
    return _by_smoothing(model, horizon_days=horizon_days, steps=steps)


def simple_exponential_smoothing(
    values: Floats, horizon_days: int, steps: int
) -> Prediction:
    """Forecast by simple exponential smoothing of the usage."""
    model = _holtwinters().SimpleExpSmoothing(values, initialization_method="heuristic")
    return _by_smoothing(model, horizon_days=horizon_days, steps=steps)


def _holtwinters() -> Any:
    """Import statsmodels' Holt-Winters on first use: it takes seconds."""
    from statsmodels.tsa import holtwinters  # noqa: PLC0415 - slow import

    return holtwinters


def _by_smoothing(model: Any, *, horizon_days: int, steps: int) -> Prediction:
    """Fit and forecast, with the analytic variance."""
    fit = _smoothed(model, steps=steps)
    names = (
        "smoothing_level",
        "smoothing_trend",
        "damping_trend",
        "smoothing_seasonal",
    )
    parameters = np.array([[_given(fit.params.get(name)) for name in names]])
    factors = variance_factors(parameters, horizon_days=horizon_days)[0]
    errors = np.asarray(fit.resid, dtype=np.float64)[SETTLING_DAYS:]
    variance = float(np.mean(errors**2)) * factors
    return Prediction(
        mean=np.asarray(fit.forecast(horizon_days), dtype=np.float64),
        sd=np.sqrt(variance),
    )


def _smoothed(model: Any, *, steps: int) -> Any:
    """Minimise the squared errors from the default start, then from a grid.

    The grid search takes nine tenths of the time and ends at the same optimum (errors
    on the default fleet equal to 0.1 %), so it is kept for the few that need it.
    """
    for use_brute in (False, True):
        options = {"options": {"maxiter": steps}}
        fit = model.fit(use_brute=use_brute, minimize_kwargs=options)
        if _is_converged(fit):
            return fit
    raise RejectedError(Reason.NOT_CONVERGED)


def _is_converged(fit: Any) -> bool:
    """Return whether the optimiser of a statsmodels fit came to an end.

    The two families name it differently; an outcome that says neither did not.
    """
    found = fit.mle_retvals
    return bool(found.get("converged", found.get("success", False)))


def _given(parameter: float | None) -> float:
    """Return a smoothing parameter, 0 for one that the model does not have."""
    if parameter is None or np.isnan(parameter):
        return 0.0
    return float(parameter)


LITERAL_MODELS: Mapping[str, LiteralModel] = {
    "simple_exponential_smoothing": LiteralModel(
        simple_exponential_smoothing, is_calendar_adjusted=False
    ),
    "holt_winters": LiteralModel(holt_winters, is_calendar_adjusted=False),
    "sarima": LiteralModel(sarima, is_calendar_adjusted=False),
    "holt_winters_calendar": LiteralModel(
        holt_winters_calendar, is_calendar_adjusted=True
    ),
    "sarima_calendar": LiteralModel(sarima_calendar, is_calendar_adjusted=True),
    "sarima_seasonal": LiteralModel(sarima_seasonal, is_calendar_adjusted=False),
}
