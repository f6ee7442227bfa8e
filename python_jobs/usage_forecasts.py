"""Fit forecasting models on every series, score them, and forecast with the best.

All candidates are fitted at every backtest origin and scored on the 90 days that
followed. Per metric the simplest that is as good as the best is then fitted on all that
is known. The seasonal naive forecasts and the SQL forecast are SQL, and SQL chooses
between them and this job's choice.

A candidate that cannot forecast a series, or whose forecast breaks a guard, is refused
for that series: it has no rows, and the SQL forecast is the fallback. Every series is
accounted for: ``ml.series_states`` has its model or the reason for none, and the run
fails when a series has neither.

Reads
-----
feat_usage_forecasts
    One row per server, metric and day: the usage without gaps and what was measured.
feat_calendar_weights
    One row per calendar and date: the terms ``x_<term>`` up to the end of the horizon,
    and ``origin_number`` on the days that forecasts start from.

Writes
------
ml.usage_forecasts
    One row per server, metric, model and target date: the live forecast of the best
    model of the metric over the whole horizon.
ml.forecast_backtests
    One row per server, metric, model, origin, ten-day block of the horizon and EOQ
    flag: sums of errors of every candidate.
ml.forecast_models
    One row per server, metric, model and parameter: the live models.
ml.forecast_error_quantiles
    One row per metric, model, EOQ flag and band of the horizon: what the live intervals
    are made of.
ml.series_states
    One row per server and metric: its state, its model, or the reason for none.
ml.forecast_drift
    One row per server and metric that the version before forecast, too.
"""

from collections.abc import Iterable
from datetime import date

import pandas as pd
from threadpoolctl import threadpool_limits

from python_jobs.forecasting.config import JobsConfig
from python_jobs.forecasting.core.origin import forecast_origins
from python_jobs.forecasting.core.regression import calendar_designs
from python_jobs.forecasting.core.series import Fleet
from python_jobs.forecasting.fleet.contracts import READS, SAVED_READS, WRITES
from python_jobs.forecasting.fleet.job import forecast_fleet
from python_jobs.forecasting.fleet.saved import forecast_from_saved
from python_jobs.forecasting.fleet.tables import stacked
from python_jobs.platform.errors import InputError
from python_jobs.platform.progress import Task

__all__ = ["NAME", "READS", "SAVED_READS", "UNIT", "WRITES", "run"]

NAME = "usage_forecasts"
UNIT = "series"


def run(
    frames: dict[str, pd.DataFrame],
    *,
    as_of_date: date,
    options: JobsConfig,
    progress: Task,
) -> dict[str, pd.DataFrame]:
    """Backtest every candidate, then forecast with the best of each metric.

    Parameters
    ----------
    frames
        ``feat_usage_forecasts``, ``feat_calendar_weights`` and the models of the
        version before; with all of `SAVED_READS` nothing is fitted. The first is taken
        out.
    as_of_date
        Newest day that the features know.
    options
        Candidates and how they are fitted.
    progress
        Counts every series, once per origin and pass.

    Returns
    -------
    dict
        The tables of `WRITES`.

    Raises
    ------
    InputError
        If the features are of another as-of date, or lack a calendar or a day of one.
    RunError
        If a series has neither a forecast nor a reason, or a candidate broke down on
        every series: that is a fault of the code, not of the data.
    """
    designs = calendar_designs(frames["feat_calendar_weights"])
    _refuse_unknown_calendars(frames["feat_usage_forecasts"], known=designs)
    # taken out, so that the rows are free when they are cut into series
    fleet = Fleet.of(frames.pop("feat_usage_forecasts"))
    origins = forecast_origins(frames["feat_calendar_weights"], as_of_date=as_of_date)
    # thin matrices and many series: threads of BLAS would only fight over the cores
    with threadpool_limits(limits=1):
        if "ml.series_states" in frames:
            found = forecast_from_saved(
                frames, fleet=fleet, designs=designs, live=origins[0]
            )
        else:
            found = forecast_fleet(
                fleet,
                designs=designs,
                origins=origins,
                options=options,
                progress=progress,
                previous=frames["ml.forecast_models"],
            )
    return {
        table: stacked(found.pop(table, []), columns=list(contract.columns))
        for table, contract in WRITES.items()
    }


def _refuse_unknown_calendars(usage: pd.DataFrame, *, known: Iterable[str]) -> None:
    """Refuse a series whose calendar has no terms."""
    unknown = usage[~usage["calendar_id"].isin(list(known))]
    if not unknown.empty:
        first = unknown.iloc[0]
        raise InputError(
            f"feat_usage_forecasts: column calendar_id at server_id {first.server_id},"
            f" metric {first.metric} is {first.calendar_id}; expected one of"
            f" {', '.join(known)} → add its holidays to the seed"
        )
