"""Contracts of the features that the forecasting jobs read, at any scale."""

from python_jobs.calendars.forecast_design import TERMS
from python_jobs.store.contracts import Column, FrameContract

METRIC = Column(
    "string", allowed=("cpu", "memory", "disk", "network_in", "network_out")
)


FEATURES = {
    "feat_usage_forecasts": FrameContract(
        columns={
            "server_id": Column("string"),
            "metric": METRIC,
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
    "feat_calendar_weights": FrameContract(
        columns={
            "calendar_id": Column("string"),
            "calendar_date": Column("date"),
            **{f"x_{term}": Column("number") for term in TERMS},
            "origin_number": Column("integer", nullable=True, minimum=0),
            "is_history": Column("boolean"),
        },
        key=("calendar_id", "calendar_date"),
    ),
}
