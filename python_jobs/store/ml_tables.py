"""Declared tables of schema ml: what the Python jobs write."""

from python_jobs.store.raw_tables import METRIC, SERVER_ID
from python_jobs.store.schema import Kind, TableColumn, TableSchema

# Terms of the calendar design, in the order of the weights' columns.
CALENDAR_TERMS: tuple[tuple[str, str], ...] = (
    ("constant", "the level"),
    ("trend", "years since 2020-01-01"),
    ("weekday_2", "Tuesday"),
    ("weekday_3", "Wednesday"),
    ("weekday_4", "Thursday"),
    ("weekday_5", "Friday"),
    ("weekday_6", "Saturday"),
    ("weekday_7", "Sunday"),
    ("annual_sin_1", "first annual sine"),
    ("annual_cos_1", "first annual cosine"),
    ("annual_sin_2", "second annual sine"),
    ("annual_cos_2", "second annual cosine"),
    ("annual_sin_3", "third annual sine"),
    ("annual_cos_3", "third annual cosine"),
    ("eoq_window", "days of the quarter-end window"),
    ("eoq_progress", "progress through the quarter-end window"),
    ("quarter_last_5", "last five business days of a quarter"),
    ("quarter_last_10", "last ten business days of a quarter"),
    ("first_five", "first five business days of a month"),
    ("month_end", "month ends"),
    ("holiday", "bank holidays"),
)
QUANTILES = ("2_5", "5", "10", "25", "50", "75", "90", "95", "97_5")


def _column(name: str, kind: Kind, comment: str) -> TableColumn:
    return TableColumn(name=name, kind=kind, comment=comment)


RUN_ID = _column("run_id", "string", "Run that wrote the row (ml.runs).")
AS_OF_DATE = _column("as_of_date", "date", "Newest day that the run knew.")
ORIGIN_NUMBER = _column(
    "origin_number", "integer", "0: live; 1 and up: backtests, back in time."
)
ORIGIN_DATE = _column("origin_date", "date", "Last day that the forecast knew.")
MODEL = _column("model", "string", "Candidate, by its name in forecast_models.")
_WRITTEN_BY = (RUN_ID, AS_OF_DATE)

RUNS = TableSchema(
    name="ml.runs",
    comment="One row per job and as-of date: the run whose rows count.",
    columns=(
        _column("run_id", "string", "Hash of as-of date, code, options and features."),
        _column("job", "string", "Name of the job."),
        AS_OF_DATE,
        _column(
            "code_version", "string", "Project version and hash of the job's code."
        ),
        _column("data_fingerprint", "string", "Hash of the feature rows it read."),
        _column("row_count", "integer", "Rows it wrote, over all its tables."),
        _column("status", "string", "published."),
        _column("published_at", "timestamp", "When its rows were complete, UTC."),
    ),
    key=("job", "as_of_date"),
)

CALENDAR_WEIGHTS = TableSchema(
    name="ml.calendar_weights",
    comment="One row per calendar, origin, history window and day of that window.",
    columns=(
        *_WRITTEN_BY,
        _column("calendar_id", "string", "Calendar of the design."),
        ORIGIN_NUMBER,
        ORIGIN_DATE,
        _column("window_days", "integer", "Days of history that the weights need."),
        _column("weight_date", "date", "Day whose log load is weighted."),
        *(
            _column(f"w_{term}", "number", f"Weight in the coefficient of {meaning}.")
            for term, meaning in CALENDAR_TERMS
        ),
    ),
    key=(
        "run_id",
        "calendar_id",
        "origin_number",
        "window_days",
        "weight_date",
    ),
)

LOAD_FORECASTS = TableSchema(
    name="ml.load_forecasts",
    comment="One row per run, origin, server, metric, model and target date.",
    columns=(
        *_WRITTEN_BY,
        ORIGIN_NUMBER,
        ORIGIN_DATE,
        SERVER_ID,
        METRIC,
        _column("target_date", "date", "Day that is forecast."),
        MODEL,
        _column("forecast_value", "number", "Forecast in the series' load unit."),
        *(
            _column(
                f"forecast_p{quantile}",
                "number",
                f"Its {quantile.replace('_', '.')} % quantile, same unit.",
            )
            for quantile in QUANTILES
        ),
    ),
    key=("run_id", "origin_number", "server_id", "metric", "model", "target_date"),
)

FORECAST_BACKTESTS = TableSchema(
    name="ml.forecast_backtests",
    comment=(
        "One row per run, series, model, origin, ten-day block of the horizon, and"
        " whether the days are in an EOQ window. Error is forecast less actual; actual"
        " is measured, never imputed; logarithms are floored."
    ),
    columns=(
        *_WRITTEN_BY,
        SERVER_ID,
        METRIC,
        MODEL,
        ORIGIN_NUMBER,
        ORIGIN_DATE,
        _column("horizon_block", "integer", "1: days 1-10 ahead, to 9: days 81-90."),
        _column("is_eoq", "boolean", "Whether the days lie in an EOQ window."),
        _column("day_count", "integer", "Days with a measured value."),
        _column("error_sum", "number", "Sum of errors, load unit."),
        _column("absolute_error_sum", "number", "Sum of absolute errors, load unit."),
        _column("squared_error_sum", "number", "Sum of squared errors."),
        _column("percentage_error_sum", "number", "Sum of |error| / actual, ratio."),
        _column("percentage_day_count", "integer", "Days with an actual above zero."),
        _column("symmetric_error_sum", "number", "Sum of 2 |e| / (|a| + |f|), ratio."),
        _column("actual_sum", "number", "Sum of actuals, load unit."),
        _column("log_error_sum", "number", "Sum of ln(actual) less ln(forecast)."),
        _column("squared_log_error_sum", "number", "Sum of its squares."),
        _column(
            "pinball_sum", "number", "Sum of the nine quantiles' mean pinball loss."
        ),
        _column("inside_80_count", "integer", "Days inside the 80 % interval."),
        _column("inside_95_count", "integer", "Days inside the 95 % interval."),
    ),
    key=(
        "run_id",
        "server_id",
        "metric",
        "model",
        "origin_number",
        "horizon_block",
        "is_eoq",
    ),
)

SERVER_CLUSTERS = TableSchema(
    name="ml.server_clusters",
    comment="One row per run and server: the cluster it belongs to.",
    columns=(
        *_WRITTEN_BY,
        SERVER_ID,
        _column("cluster_number", "integer", "Label, stable over runs; null: none."),
        _column(
            "cluster_name",
            "string",
            "hot, growing, bursty, steady, idle or not_clustered.",
        ),
        _column("centroid_distance", "number", "Distance to the centre, scaled units."),
        _column("driver", "string", "Feature that sets the cluster apart."),
        *(
            _column(f"silhouette_{k}", "number", f"Silhouette of the server, k = {k}.")
            for k in range(2, 8)
        ),
    ),
    key=("run_id", "server_id"),
)

ML_TABLES = (
    RUNS,
    CALENDAR_WEIGHTS,
    LOAD_FORECASTS,
    FORECAST_BACKTESTS,
    SERVER_CLUSTERS,
)
