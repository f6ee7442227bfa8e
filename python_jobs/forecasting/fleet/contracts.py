"""Contracts of what the job ``usage_forecasts`` reads and writes."""

from python_jobs.calendars.forecast_design import BANDS, QUANTILES
from python_jobs.forecasting.config import ALL_CANDIDATES
from python_jobs.forecasting.core.arrays import Reason
from python_jobs.forecasting.features import FEATURES, METRIC
from python_jobs.forecasting.fleet.tables import ERROR_QUANTILES, SeriesState
from python_jobs.store.contracts import Column, FrameContract

_MODEL = Column("string", allowed=ALL_CANDIDATES)
_SUM = Column("number")
_POSITIVE_SUM = Column("number", minimum=0.0)
_COUNT = Column("integer", minimum=0)

_MODEL_COLUMNS = {
    "origin_date": Column("date"),
    "server_id": Column("string"),
    "metric": METRIC,
    "model": _MODEL,
    "parameter": Column("string"),
    "value": _SUM,
}

_MODEL_KEY = ("server_id", "metric", "model", "parameter")

READS = {
    **FEATURES,
    "ml.forecast_models": FrameContract(
        columns={"run_id": Column("string"), "as_of_date": Column("date")}
        | _MODEL_COLUMNS,
        key=_MODEL_KEY,
        may_be_empty=True,
    ),
}

WRITES = {
    "ml.usage_forecasts": FrameContract(
        columns={
            "origin_number": Column("integer", minimum=0, maximum=0),
            "origin_date": Column("date"),
            "server_id": Column("string"),
            "metric": METRIC,
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
            "metric": METRIC,
            "model": _MODEL,
            "origin_number": Column("integer", minimum=1),
            "origin_date": Column("date"),
            "horizon_block": Column("integer", minimum=1, maximum=9),
            "is_eoq_window": Column("boolean"),
            "day_count": Column("integer", minimum=1, maximum=10),
            "error_sum": _SUM,
            "absolute_error_sum": _POSITIVE_SUM,
            "squared_error_sum": _POSITIVE_SUM,
            "percentage_error_sum": _POSITIVE_SUM,
            "percentage_day_count": _COUNT,
            "symmetric_error_sum": _POSITIVE_SUM,
            "actual_sum": _POSITIVE_SUM,
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
            "is_eoq_window",
        ),
        may_be_empty=True,
    ),
    "ml.forecast_models": FrameContract(
        columns=_MODEL_COLUMNS, key=_MODEL_KEY, may_be_empty=True
    ),
    "ml.forecast_error_quantiles": FrameContract(
        columns={
            "metric": METRIC,
            "model": _MODEL,
            "is_eoq_window": Column("boolean"),
            "horizon_band": Column("integer", minimum=BANDS[0], maximum=BANDS[-1]),
            **dict.fromkeys(ERROR_QUANTILES, _SUM),
            "error_count": Column("integer", minimum=1),
        },
        key=("metric", "model", "is_eoq_window", "horizon_band"),
        may_be_empty=True,
    ),
    "ml.series_states": FrameContract(
        columns={
            "server_id": Column("string"),
            "metric": METRIC,
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
            "metric": METRIC,
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
        if table != "ml.usage_forecasts"
    },
}
"""Reads of a run from saved models: its own newest rows up to the as-of date.

But for its forecasts, which it makes anew.
"""
