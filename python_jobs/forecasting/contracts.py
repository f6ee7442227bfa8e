"""Contracts of what the job ``usage_forecasts`` reads and writes."""

from python_jobs.calendar_weights import READS as CALENDAR_READS
from python_jobs.forecasting.config import ALL_CANDIDATES
from python_jobs.forecasting.engine.conformal import BANDS
from python_jobs.forecasting.engine.states import SeriesState
from python_jobs.forecasting.forecasts import QUANTILES
from python_jobs.forecasting.guards import Reason
from python_jobs.jobs.contracts import Column, FrameContract

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
    "feat_usage_forecasts": FrameContract(
        columns={
            "server_id": Column("string"),
            "metric": _METRIC,
            "metric_date": Column("date"),
            "calendar_id": Column("string"),
            "usage_unit": Column("string", allowed=("percent", "mbps")),
            "capacity_value": Column("number", nullable=True, minimum=0.0),
            "log_floor": Column("number", minimum=0.0),
            "usage_value": Column("number", minimum=0.0),
            "measured_value": Column("number", nullable=True, minimum=0.0),
            "is_filled": Column("boolean"),
            "is_eoq_window": Column("boolean"),
        },
        key=("server_id", "metric", "metric_date"),
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
    "ml.usage_forecasts": FrameContract(
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
"""What a run from saved models reads: its own newest rows up to the as-of date."""
