"""Outcomes as the rows of the job's tables, and the best candidate read from them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from python_jobs.forecasting.backtest import (
    BACKTEST_DAYS,
    ERROR_TERMS,
    day_errors,
    error_scale,
)
from python_jobs.forecasting.config import Candidate
from python_jobs.forecasting.forecasts import QUANTILES, UsageForecast
from python_jobs.forecasting.origins import Origin, OriginOutcomes
from python_jobs.forecasting.series import ONE_DAY, UsageSeries

SMALLEST_COVERAGE = 0.95
"""Share of a metric's series that a model must reach to be its best, as in SQL."""

_KEY = ["server_id", "metric", "model", "origin_number", "origin_date"]
_BACKTEST_KEY = [*_KEY, "horizon_block", "is_eoq"]

Columns = Mapping[str, NDArray[Any]]


def forecast_rows(
    outcomes: Iterable[OriginOutcomes], *, best: Mapping[str, Candidate]
) -> pd.DataFrame:
    """Return the rows of ``ml.usage_forecasts``.

    Parameters
    ----------
    outcomes
        By origin.
    best
        Candidate that is kept, by metric.

    Returns
    -------
    pandas.DataFrame
        One row per origin, server, metric, model and target date.
    """
    kept = (
        _keyed(_days_ahead(forecast, origin), key=key, model=model, origin=origin)
        for origin, key, model, forecast in _forecasts(outcomes)
        if best.get(key[1]) == model
    )
    columns = [*_KEY, "target_date", "forecast_value", *QUANTILES]
    return _stacked(kept, columns=columns)


def _days_ahead(forecast: UsageForecast, origin: Origin) -> Columns:
    """Return one forecast as columns, a row per day ahead."""
    ahead = np.arange(1, len(forecast.values) + 1)
    return {
        "target_date": (origin.date + ahead * ONE_DAY).astype("datetime64[us]"),
        "forecast_value": forecast.values,
        **dict(zip(QUANTILES, forecast.quantiles.T, strict=True)),
    }


def backtest_rows(
    outcomes: Iterable[OriginOutcomes], *, series: Iterable[UsageSeries]
) -> pd.DataFrame:
    """Return the rows of ``ml.forecast_backtests``.

    Parameters
    ----------
    outcomes
        By backtest origin.
    series
        With what was measured after the origins.

    Returns
    -------
    pandas.DataFrame
        One row per server, metric, model, origin, block of the horizon and EOQ flag
        that has a measured day.
    """
    by_key = {each.key: each for each in series}
    scored = (
        _keyed(
            _scored_days(forecast, series=by_key[key], origin=origin),
            key=key,
            model=model,
            origin=origin,
        )
        for origin, key, model, forecast in _forecasts(outcomes)
    )
    days = _stacked(scored, columns=[*_BACKTEST_KEY, *ERROR_TERMS])
    return days.groupby(_BACKTEST_KEY, as_index=False).sum()


def _scored_days(
    forecast: UsageForecast, *, series: UsageSeries, origin: Origin
) -> Columns:
    """Return the errors of the days that were lived after the origin."""
    lived = series.future(origin.date, horizon_days=BACKTEST_DAYS)
    return day_errors(
        forecast,
        measured_values=series.measured_values[lived],
        is_eoq_window=series.is_eoq_window[lived],
        log_floor=series.log_floor,
    )


def best_candidates(
    scores: pd.DataFrame,
    *,
    series: Iterable[UsageSeries],
    candidates: tuple[Candidate, ...],
) -> dict[str, Candidate]:
    """Return the best candidate of each metric by mean scaled error.

    Parameters
    ----------
    scores
        Rows of ``ml.forecast_backtests``.
    series
        What errors are scaled by: the mean change from one week to the next, before
        the origin.
    candidates
        All that were fitted; an earlier one wins a tie.

    Returns
    -------
    dict
        Candidate by metric, compared on the servers that every eligible candidate
        forecasts. Eligible is one that reaches 95 % of the servers that the widest
        reaches: the share that a champion must cover. A metric without errors, or
        whose usage never moved, has none.
    """
    best: dict[str, Candidate] = {}
    if scores.empty:
        return best
    errors = _scaled_errors(scores, series=series)
    for metric, rows in errors.groupby("metric", sort=True):
        by_model = rows.pivot(index="server_id", columns="model", values="scaled_error")
        reached = by_model.notna().sum()
        eligible = [
            model
            for model in candidates
            if reached.get(model, 0) >= SMALLEST_COVERAGE * reached.max()
        ]
        means = by_model[eligible].dropna().mean().round(9)
        if means.notna().all():
            best[str(metric)] = min(eligible, key=lambda model: float(means[model]))
    return best


def _scaled_errors(
    scores: pd.DataFrame, *, series: Iterable[UsageSeries]
) -> pd.DataFrame:
    """Return the mean absolute error of each series and model, in its own scale."""
    by_key = {each.key: each for each in series}
    sums = scores.groupby(_KEY, as_index=False)[["absolute_error_sum", "day_count"]]
    errors = sums.sum()
    rows: Iterable[Any] = errors.itertuples()
    scales = [
        error_scale(
            by_key[row.server_id, row.metric],
            origin_date=np.datetime64(row.origin_date, "D"),
        )
        for row in rows
    ]
    return errors.assign(
        scaled_error=errors["absolute_error_sum"] / errors["day_count"] / scales
    )


def _forecasts(
    outcomes: Iterable[OriginOutcomes],
) -> Iterator[tuple[Origin, tuple[str, str], Candidate, UsageForecast]]:
    for at_origin in outcomes:
        for key, model, forecast in at_origin.forecasts():
            yield at_origin.origin, key, model, forecast


def _keyed(
    columns: Columns, *, key: tuple[str, str], model: str, origin: Origin
) -> Columns:
    """Put the key of a forecast beside each of its rows."""
    length = len(next(iter(columns.values())))
    constants = {
        "server_id": np.array(key[0], dtype=object),
        "metric": np.array(key[1], dtype=object),
        "model": np.array(model, dtype=object),
        "origin_number": np.array(origin.number),
        "origin_date": origin.date.astype("datetime64[us]"),
    }
    return {
        **{name: np.repeat(value, length) for name, value in constants.items()},
        **columns,
    }


def _stacked(parts: Iterable[Columns], *, columns: Sequence[str]) -> pd.DataFrame:
    """Put the rows of many parts under each other; no part leaves named columns."""
    kept = list(parts)
    if not kept:
        return pd.DataFrame(columns=list(columns))
    return pd.DataFrame(
        {name: np.concatenate([part[name] for part in kept]) for name in columns}
    )
