"""Worker with the peers' libraries: each as its users call it, or better.

Runs in the environment of ``.ci/requirements-bench.lock``. Everyone gets the same
history, cleansed and without gaps, and the calendar's terms where a model takes them.
"""

import logging
import warnings
from typing import Any

import numpy as np
import pandas as pd
from prophet import Prophet
from serving import Forecaster, Frames, serve
from statsforecast import StatsForecast
from statsforecast.models import ARIMA, AutoETS, HoltWinters
from statsmodels.tsa.holtwinters import ExponentialSmoothing
from statsmodels.tsa.statespace.sarimax import SARIMAX

LEVELS = (80, 95)
WEEK_DAYS = 7
BUSINESS_TERMS = [
    f"x_{term}"
    for term in (
        *("eoq_window", "eoq_progress", "quarter_last_5", "quarter_last_10"),
        *("first_five", "month_end", "holiday"),
    )
]
"""What Prophet has not of its own: quarter ends, month ends and the bank's holidays."""


def statsforecast(
    model: Any, *, is_log: bool = False, with_terms: bool = False
) -> Forecaster:
    """Return the long-frame call of a statsforecast model, with its intervals."""
    session = StatsForecast(models=[model], freq="D", n_jobs=1)

    def forecast(frames: Frames) -> pd.DataFrame:
        known, ahead = frames.known, frames.ahead
        terms = _regressors(known) if with_terms else []
        history = known[["unique_id", "ds", "y", *terms]]
        if is_log:
            history = history.assign(y=_log(known))
        prediction = session.forecast(
            df=history,
            h=ahead["ds"].nunique(),
            X_df=ahead[["unique_id", "ds", *terms]] if with_terms else None,
            level=list(LEVELS),
        )
        name = str(model)
        names = {name: "mean"}
        for level in LEVELS:
            names |= {f"{name}-lo-{level}": f"low_{level}"}
            names |= {f"{name}-hi-{level}": f"high_{level}"}
        return _on_usage(prediction.rename(columns=names), is_log=is_log)

    return Forecaster(forecast)


def prophet(*, is_log: bool, with_terms: bool) -> Forecaster:
    """Return Prophet's fit and prediction, series by series; intervals by sampling."""

    def forecast(frames: Frames) -> pd.DataFrame:
        known, ahead = frames.known, frames.ahead
        values = known.assign(y=_log(known)) if is_log else known
        coming = dict(tuple(ahead.groupby("unique_id")))
        parts = []
        for unique_id, history in values.groupby("unique_id", sort=True):
            model = Prophet()
            for term in BUSINESS_TERMS if with_terms else ():
                model.add_regressor(term)
            model.fit(history)
            samples = model.predictive_samples(coming[unique_id])["yhat"]
            # drawn above: the prediction of the mean need not draw them again
            model.uncertainty_samples = 0
            prediction = model.predict(coming[unique_id])
            columns = {
                "ds": prediction["ds"],
                "mean": prediction["yhat"],
                **_bounds(samples),
            }
            parts.append(pd.DataFrame(columns).assign(unique_id=unique_id))
        return _on_usage(pd.concat(parts, ignore_index=True), is_log=is_log)

    return Forecaster(forecast)


def statsmodels_smoothing(frames: Frames) -> pd.DataFrame:
    """Holt-Winters with a damped trend, defaults otherwise; it has no intervals."""

    def predicted(history: pd.DataFrame, days: pd.DataFrame) -> dict[str, Any]:
        fit = ExponentialSmoothing(
            history["y"].to_numpy(),
            trend="add",
            damped_trend=True,
            seasonal="add",
            seasonal_periods=WEEK_DAYS,
        ).fit()
        return {"mean": fit.forecast(len(days))}

    return _each(frames.known, frames.ahead, predicted)


def statsmodels_sarimax(frames: Frames) -> pd.DataFrame:
    """Weekdays as regressors with ARIMA(1,1,1) errors, defaults otherwise."""

    def predicted(history: pd.DataFrame, days: pd.DataFrame) -> dict[str, Any]:
        model = SARIMAX(
            history["y"].to_numpy(), exog=_weekdays(history), order=(1, 1, 1)
        )
        ahead = model.fit(disp=False).get_forecast(len(days), exog=_weekdays(days))
        columns = {"mean": ahead.predicted_mean}
        for level in LEVELS:
            low, high = ahead.conf_int(alpha=1.0 - level / 100.0).T
            columns |= {f"low_{level}": low, f"high_{level}": high}
        return columns

    return _each(frames.known, frames.ahead, predicted)


def _each(known: pd.DataFrame, ahead: pd.DataFrame, predicted: Any) -> pd.DataFrame:
    """Forecast series by series and put the frames under each other."""
    coming = dict(tuple(ahead.groupby("unique_id")))
    parts = [
        coming[unique_id][["unique_id", "ds"]].assign(
            **predicted(history, coming[unique_id])
        )
        for unique_id, history in known.groupby("unique_id", sort=True)
    ]
    return pd.concat(parts, ignore_index=True)


def _weekdays(rows: pd.DataFrame) -> Any:
    """Return one column for each weekday but one."""
    return np.eye(WEEK_DAYS)[rows["ds"].dt.weekday.to_numpy()][:, 1:]


def _regressors(known: pd.DataFrame) -> list[str]:
    """Name the calendar's terms; differencing takes the constant out."""
    names = known.columns.astype(str)
    return [name for name in names if name.startswith("x_") and name != "x_constant"]


def _log(known: pd.DataFrame) -> Any:
    return np.log(np.maximum(known["y"], known["log_floor"]))


def _bounds(samples: Any) -> dict[str, Any]:
    """Return the bounds of the central intervals of samples, shape (days, samples)."""
    bounds: dict[str, Any] = {}
    for level in LEVELS:
        tails = (0.5 - level / 200.0, 0.5 + level / 200.0)
        low, high = np.quantile(samples, tails, axis=1)
        bounds |= {f"low_{level}": low, f"high_{level}": high}
    return bounds


def _on_usage(prediction: pd.DataFrame, *, is_log: bool) -> pd.DataFrame:
    """Return the forecast in the unit of the usage."""
    numbers = [name for name in prediction if name not in {"unique_id", "ds"}]
    prediction = prediction[["unique_id", "ds", *numbers]]
    if is_log:
        prediction[numbers] = np.exp(prediction[numbers])
    return prediction


FORECASTERS = {
    "statsforecast_holt_winters": statsforecast(HoltWinters(season_length=WEEK_DAYS)),
    "statsforecast_auto_ets": statsforecast(AutoETS(season_length=WEEK_DAYS)),
    "statsforecast_arima": statsforecast(
        ARIMA(order=(1, 1, 1)), is_log=True, with_terms=True
    ),
    "prophet": prophet(is_log=False, with_terms=False),
    "prophet_regressors": prophet(is_log=True, with_terms=True),
    "statsmodels_holt_winters": Forecaster(statsmodels_smoothing),
    "statsmodels_sarimax": Forecaster(statsmodels_sarimax),
}

if __name__ == "__main__":
    # fits that warn are scored like the others
    warnings.simplefilter("ignore")
    for library in ("cmdstanpy", "prophet"):
        logging.getLogger(library).disabled = True
    serve(FORECASTERS)
