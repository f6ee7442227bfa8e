"""Declared tables of schema ml: what the Python jobs write."""

from python_jobs.store.forecast_tables import FORECAST_TABLES
from python_jobs.store.ml_columns import (
    AS_OF_DATE,
    ORIGIN_DATE,
    ORIGIN_NUMBER,
    WRITTEN_BY,
    column,
)
from python_jobs.store.raw_tables import SERVER_ID
from python_jobs.store.schema import TableSchema

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

RUNS = TableSchema(
    name="ml.runs",
    comment="One row per job and as-of date: the run whose rows count.",
    columns=(
        column("run_id", "string", "Hash of as-of date, code, options and features."),
        column("job", "string", "Name of the job."),
        AS_OF_DATE,
        column("code_version", "string", "Project version and hash of the job's code."),
        column("data_fingerprint", "string", "Hash of the feature rows it read."),
        column("row_count", "integer", "Rows it wrote, over all its tables."),
        column("status", "string", "published."),
        column("published_at", "timestamp", "When its rows were complete, UTC."),
    ),
    key=("job", "as_of_date"),
)

CALENDAR_WEIGHTS = TableSchema(
    name="ml.calendar_weights",
    comment="One row per calendar, origin, history window and day of that window.",
    columns=(
        *WRITTEN_BY,
        column("calendar_id", "string", "Calendar of the design."),
        ORIGIN_NUMBER,
        ORIGIN_DATE,
        column("window_days", "integer", "Days of history that the weights need."),
        column("weight_date", "date", "Day whose log usage is weighted."),
        *(
            column(f"w_{term}", "number", f"Weight in the coefficient of {meaning}.")
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

SERVER_CLUSTERS = TableSchema(
    name="ml.server_clusters",
    comment="One row per run and server: the cluster it belongs to.",
    columns=(
        *WRITTEN_BY,
        SERVER_ID,
        column("cluster_number", "integer", "Label, stable over runs; null: none."),
        column(
            "cluster_name",
            "string",
            "hot, growing, bursty, steady, idle or not_clustered.",
        ),
        column("centroid_distance", "number", "Distance to the centre, scaled units."),
        column("driver", "string", "Feature that sets the cluster apart."),
        *(
            column(f"silhouette_{k}", "number", f"Silhouette of the server, k = {k}.")
            for k in range(2, 8)
        ),
    ),
    key=("run_id", "server_id"),
)

ML_TABLES = (RUNS, CALENDAR_WEIGHTS, *FORECAST_TABLES, SERVER_CLUSTERS)
