"""Fit forecasting models on every series, score them, and forecast with the best.

All candidates are fitted at the newest backtest origin and scored on the 90 days that
followed. Per metric the best by mean scaled error is then fitted on all that is known.
The seasonal naive forecasts, the SQL forecast and the choice of the champion are SQL.

A candidate that cannot forecast a series, or whose forecast breaks a guard, is refused
for that series: it has no rows, and the SQL forecast stands in. Every series is
accounted for: it has rows or a reason, the reasons are counted and logged, and the run
fails when a series has neither.

Reads
-----
feat_load_forecasts
    One row per server, metric and day: the load without gaps and what was measured.
feat_calendar_weights
    One row per calendar and date: the terms ``x_<term>`` up to the end of the horizon,
    and ``origin_number`` on the days that forecasts start from.

Writes
------
ml.load_forecasts
    One row per origin, server, metric, model and target date: the best model of the
    metric, live over the whole horizon and at the backtest origin over 90 days.
ml.forecast_backtests
    One row per server, metric, model, origin, ten-day block of the horizon and EOQ
    flag: sums of errors of every candidate.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from functools import partial

import pandas as pd

from python_jobs.calendar_weights import READS as CALENDAR_READS
from python_jobs.forecasting.accounting import (
    account_for,
    log_refusals,
    refuse_broken_candidates,
)
from python_jobs.forecasting.calendar_fit import calendar_designs
from python_jobs.forecasting.config import ALL_CANDIDATES, JobsConfig
from python_jobs.forecasting.forecasts import QUANTILES
from python_jobs.forecasting.origins import (
    forecast_origin,
    forecast_origins,
)
from python_jobs.forecasting.rows import (
    backtest_rows,
    best_candidates,
    forecast_rows,
)
from python_jobs.forecasting.series import LoadSeries, load_series
from python_jobs.runtime.contracts import Column, FrameContract
from python_jobs.runtime.errors import InputError
from python_jobs.runtime.progress import Task

NAME = "load_forecasts"
UNIT = "series"

_METRIC = Column(
    "string", allowed=("cpu", "memory", "disk", "network_in", "network_out")
)
_MODEL = Column("string", allowed=ALL_CANDIDATES)
_SUM = Column("number")
_POSITIVE_SUM = Column("number", minimum=0.0)
_COUNT = Column("integer", minimum=0)

READS = {
    "feat_load_forecasts": FrameContract(
        columns={
            "server_id": Column("string"),
            "metric": _METRIC,
            "load_date": Column("date"),
            "calendar_id": Column("string"),
            "load_unit": Column("string", allowed=("percent", "mbps")),
            "capacity_value": Column("number", nullable=True, minimum=0.0),
            "log_floor": Column("number", minimum=0.0),
            "load_value": Column("number", minimum=0.0),
            "measured_value": Column("number", nullable=True, minimum=0.0),
            "is_filled": Column("boolean"),
            "is_eoq_window": Column("boolean"),
        },
        key=("server_id", "metric", "load_date"),
    ),
    "feat_calendar_weights": CALENDAR_READS["feat_calendar_weights"],
}
WRITES = {
    "ml.load_forecasts": FrameContract(
        columns={
            "origin_number": Column("integer", minimum=0),
            "origin_date": Column("date"),
            "server_id": Column("string"),
            "metric": _METRIC,
            "target_date": Column("date"),
            "model": _MODEL,
            "forecast_value": Column("number", minimum=0.0),
            **{name: Column("number", minimum=0.0) for name in QUANTILES},
        },
        key=("origin_number", "server_id", "metric", "model", "target_date"),
        # histories under 28 days leave every series to the weekday mean
        may_be_empty=True,
    ),
    "ml.forecast_backtests": FrameContract(
        columns={
            "server_id": Column("string"),
            "metric": _METRIC,
            "model": _MODEL,
            "origin_number": Column("integer", minimum=1),
            "origin_date": Column("date"),
            "horizon_block": Column("integer", minimum=1, maximum=9),
            "is_eoq": Column("boolean"),
            "day_count": Column("integer", minimum=1, maximum=10),
            "error_sum": _SUM,
            "absolute_error_sum": _POSITIVE_SUM,
            "squared_error_sum": _POSITIVE_SUM,
            "percentage_error_sum": _POSITIVE_SUM,
            "percentage_day_count": _COUNT,
            "symmetric_error_sum": _POSITIVE_SUM,
            "actual_sum": _POSITIVE_SUM,
            "log_error_sum": _SUM,
            "squared_log_error_sum": _POSITIVE_SUM,
            "pinball_sum": _POSITIVE_SUM,
            "inside_80_count": _COUNT,
            "inside_95_count": _COUNT,
        },
        key=(
            "server_id",
            "metric",
            "model",
            "origin_number",
            "horizon_block",
            "is_eoq",
        ),
        may_be_empty=True,
    ),
}


def run(
    frames: Mapping[str, pd.DataFrame],
    *,
    as_of_date: date,
    options: JobsConfig,
    progress: Task,
) -> dict[str, pd.DataFrame]:
    """Backtest every candidate, then forecast with the best of each metric.

    Parameters
    ----------
    frames
        ``feat_load_forecasts`` and ``feat_calendar_weights``.
    as_of_date
        Newest day that the features know.
    options
        Candidates and how they are fitted.
    progress
        Counts every series twice: at the backtest origin and live.

    Returns
    -------
    dict
        ``ml.load_forecasts`` and ``ml.forecast_backtests``.

    Raises
    ------
    InputError
        If the features are of another as-of date, or lack a calendar or a day of one.
    RunError
        If a series has neither a forecast nor a reason, or a candidate broke down on
        every series: that is a fault of the code, not of the data.
    """
    series = list(load_series(frames["feat_load_forecasts"]))
    designs = calendar_designs(frames["feat_calendar_weights"])
    _refuse_unknown_calendars(series, known=designs)
    live, *backtests = forecast_origins(
        frames["feat_calendar_weights"], as_of_date=as_of_date
    )
    progress.set_total(len(series) * (1 + len(backtests)))
    forecast = partial(
        forecast_origin, series, designs=designs, options=options, progress=progress
    )
    every = {each.key: options.candidates for each in series}
    tested = [forecast(origin=origin, candidates=every) for origin in backtests]
    scores = backtest_rows(tested, series=series)
    best = best_candidates(scores, series=series, candidates=options.candidates)
    chosen = {
        each.key: (best[each.metric],) if each.metric in best else () for each in series
    }
    outcomes = [forecast(origin=live, candidates=chosen), *tested]
    for at_origin in outcomes:
        account_for(series, at_origin)
        refuse_broken_candidates(at_origin)
    log_refusals(outcomes)
    return {
        "ml.load_forecasts": forecast_rows(outcomes, best=best),
        "ml.forecast_backtests": scores,
    }


def _refuse_unknown_calendars(
    series: Iterable[LoadSeries], *, known: Mapping[str, object]
) -> None:
    """Refuse a series whose calendar has no terms."""
    for each in series:
        if each.calendar_id not in known:
            raise InputError(
                f"feat_load_forecasts: column calendar_id at server_id"
                f" {each.server_id}, metric {each.metric} is {each.calendar_id};"
                f" expected one of {', '.join(known)} → add its holidays to the seed"
            )
