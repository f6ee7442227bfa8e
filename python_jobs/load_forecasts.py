"""Fit forecasting models on every series, score them, and forecast with the best.

All candidates are fitted at every backtest origin and scored on the 90 days that
followed. Per metric the simplest that is as good as the best is then fitted on all that
is known. The seasonal naive forecasts and the SQL forecast are SQL, and SQL chooses
between them and this job's choice.

A candidate that cannot forecast a series, or whose forecast breaks a guard, is refused
for that series: it has no rows, and the SQL forecast stands in. Every series is
accounted for: ``ml.series_states`` has its model or the reason for none, and the run
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
    metric, live over the whole horizon and at the backtest origins over 90 days.
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

from collections.abc import Iterable, Mapping
from datetime import date

import pandas as pd
from threadpoolctl import threadpool_limits

from python_jobs.calendar_weights import READS as CALENDAR_READS
from python_jobs.forecasting.batched_engine import forecast_batched
from python_jobs.forecasting.calendar_fit import calendar_designs
from python_jobs.forecasting.config import ALL_CANDIDATES, JobsConfig
from python_jobs.forecasting.engine.conformal import BANDS
from python_jobs.forecasting.engine.states import SeriesState
from python_jobs.forecasting.engine.tables import stacked
from python_jobs.forecasting.forecasts import QUANTILES
from python_jobs.forecasting.guards import Reason
from python_jobs.forecasting.origins import forecast_origins
from python_jobs.forecasting.saved_engine import forecast_from_saved
from python_jobs.forecasting.statsmodels_engine import forecast_by_statsmodels
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

_MODEL_COLUMNS = {
    "origin_date": Column("date"),
    "server_id": Column("string"),
    "metric": _METRIC,
    "model": _MODEL,
    "parameter": Column("string"),
    "value": _SUM,
}
_MODEL_KEY = ("server_id", "metric", "model", "parameter")

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
    "ml.forecast_models": FrameContract(
        columns={"run_id": Column("string"), "as_of_date": Column("date")}
        | _MODEL_COLUMNS,
        key=_MODEL_KEY,
        may_be_empty=True,
    ),
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
    "ml.forecast_models": FrameContract(
        columns=_MODEL_COLUMNS, key=_MODEL_KEY, may_be_empty=True
    ),
    "ml.forecast_error_quantiles": FrameContract(
        columns={
            "metric": _METRIC,
            "model": _MODEL,
            "is_eoq": Column("boolean"),
            "horizon_band": Column("integer", minimum=BANDS[0], maximum=BANDS[-1]),
            **{name.replace("forecast_", "error_"): _SUM for name in QUANTILES},
            "error_count": Column("integer", minimum=1),
        },
        key=("metric", "model", "is_eoq", "horizon_band"),
        may_be_empty=True,
    ),
    "ml.series_states": FrameContract(
        columns={
            "server_id": Column("string"),
            "metric": _METRIC,
            "state": Column("string", allowed=tuple(SeriesState)),
            "model": Column("string", nullable=True, allowed=ALL_CANDIDATES),
            "reason": Column("string", nullable=True, allowed=tuple(Reason)),
            "window_days": Column("integer", nullable=True, minimum=28),
            "level_shift_date": Column("date", nullable=True),
        },
        key=("server_id", "metric"),
    ),
    "ml.forecast_drift": FrameContract(
        columns={
            "server_id": Column("string"),
            "metric": _METRIC,
            "model": _MODEL,
            "previous_run_id": Column("string"),
            "previous_as_of_date": Column("date"),
            "previous_model": _MODEL,
            "day_count": _COUNT,
            "previous_absolute_error_sum": _POSITIVE_SUM,
            "new_absolute_error_sum": _POSITIVE_SUM,
            "actual_sum": _POSITIVE_SUM,
            "change_day_count": _COUNT,
            "absolute_change_sum": _POSITIVE_SUM,
            "previous_forecast_sum": _POSITIVE_SUM,
        },
        key=("server_id", "metric"),
        may_be_empty=True,
    ),
}
SAVED_READS = {
    **READS,
    **{
        table: FrameContract(
            columns=contract.columns, key=contract.key, may_be_empty=True
        )
        for table, contract in WRITES.items()
    },
}
"""What a run from saved models reads: its own newest rows, of the as-of date or before."""


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
        ``feat_load_forecasts``, ``feat_calendar_weights`` and the models of the version
        before; with all of `SAVED_READS` nothing is fitted.
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
    loads = frames["feat_load_forecasts"]
    designs = calendar_designs(frames["feat_calendar_weights"])
    _refuse_unknown_calendars(loads, known=designs)
    origins = forecast_origins(frames["feat_calendar_weights"], as_of_date=as_of_date)
    # thin matrices and many series: threads of BLAS would only fight over the cores
    with threadpool_limits(limits=1):
        if "ml.load_forecasts" in frames:
            found = forecast_from_saved(frames, designs=designs, live=origins[0])
        elif options.engine == "statsmodels":
            found = forecast_by_statsmodels(
                loads,
                designs=designs,
                origins=origins,
                options=options,
                progress=progress,
            )
        else:
            found = forecast_batched(
                loads,
                designs=designs,
                origins=origins,
                options=options,
                progress=progress,
                previous=frames["ml.forecast_models"],
            )
    return {
        table: stacked(found.get(table, []), columns=list(contract.columns))
        for table, contract in WRITES.items()
    }


def _refuse_unknown_calendars(loads: pd.DataFrame, *, known: Iterable[str]) -> None:
    """Refuse a series whose calendar has no terms."""
    unknown = loads[~loads["calendar_id"].isin(list(known))]
    if not unknown.empty:
        first = unknown.iloc[0]
        raise InputError(
            f"feat_load_forecasts: column calendar_id at server_id {first.server_id},"
            f" metric {first.metric} is {first.calendar_id}; expected one of"
            f" {', '.join(known)} → add its holidays to the seed"
        )
