"""Declared tables of the job usage_forecasts."""

from python_jobs.store.ml_columns import (
    ORIGIN_DATE,
    ORIGIN_NUMBER,
    WRITTEN_BY,
    column,
)
from python_jobs.store.raw_tables import METRIC, SERVER_ID
from python_jobs.store.schema import TableSchema

QUANTILES = ("2_5", "5", "10", "25", "50", "75", "90", "95", "97_5")
MODEL = column("model", "string", "Candidate, by its name in forecast_models.")

USAGE_FORECASTS = TableSchema(
    name="ml.usage_forecasts",
    comment=(
        "One row per run, server, metric, model and target date: live forecasts. Runs"
        " of older versions have those of the backtest origins, too."
    ),
    columns=(
        *WRITTEN_BY,
        ORIGIN_NUMBER,
        ORIGIN_DATE,
        SERVER_ID,
        METRIC,
        column("target_date", "date", "Day that is forecast."),
        MODEL,
        column("forecast_value", "number", "Forecast in the series' usage unit."),
        *(
            column(
                f"forecast_q{quantile}",
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
        " is measured, never imputed."
    ),
    columns=(
        *WRITTEN_BY,
        SERVER_ID,
        METRIC,
        MODEL,
        ORIGIN_NUMBER,
        ORIGIN_DATE,
        column("horizon_block", "integer", "1: days 1-10 ahead, to 9: days 81-90."),
        column("is_eoq_window", "boolean", "Whether the days lie in an EOQ window."),
        column("day_count", "integer", "Days with a measured value."),
        column("error_sum", "number", "Sum of errors, usage unit."),
        column("absolute_error_sum", "number", "Sum of absolute errors, usage unit."),
        column("squared_error_sum", "number", "Sum of squared errors."),
        column("percentage_error_sum", "number", "Sum of |error| / actual, ratio."),
        column("percentage_day_count", "integer", "Days with an actual above zero."),
        column("symmetric_error_sum", "number", "Sum of 2 |e| / (|a| + |f|), ratio."),
        column("actual_sum", "number", "Sum of actuals, usage unit."),
        column(
            "pinball_sum", "number", "Sum of the nine quantiles' mean pinball loss."
        ),
        column("inside_80_count", "integer", "Days inside the 80 % interval."),
        column("inside_95_count", "integer", "Days inside the 95 % interval."),
    ),
    key=(
        "run_id",
        "server_id",
        "metric",
        "model",
        "origin_number",
        "horizon_block",
        "is_eoq_window",
    ),
)

FORECAST_MODELS = TableSchema(
    name="ml.forecast_models",
    comment=(
        "One row per run, series, model and parameter: the live models, from which the"
        " forecasts follow again without a fit."
    ),
    columns=(
        *WRITTEN_BY,
        column("origin_date", "date", "Last day that the model knows."),
        SERVER_ID,
        METRIC,
        MODEL,
        column(
            "parameter",
            "string",
            "Coefficient, part of the last state, or width, such as coefficient_trend,"
            " level, ar or spread.",
        ),
        column("value", "number", "Its value, in the parameter's own unit."),
    ),
    key=("run_id", "server_id", "metric", "model", "parameter"),
)

FORECAST_ERROR_QUANTILES = TableSchema(
    name="ml.forecast_error_quantiles",
    comment=(
        "One row per run, metric, model, EOQ flag and band of the horizon: quantiles of"
        " standardised backtest residuals, of which the live intervals are made."
    ),
    columns=(
        *WRITTEN_BY,
        METRIC,
        MODEL,
        column("is_eoq_window", "boolean", "Whether the days lie in an EOQ window."),
        column(
            "horizon_band",
            "integer",
            "Longest horizon of the band, days.",
        ),
        *(
            column(
                f"error_q{quantile}",
                "number",
                f"{quantile.replace('_', '.')} % quantile of the residual (actual less"
                " forecast, on the model's scale) / spread.",
            )
            for quantile in QUANTILES
        ),
        column("error_count", "integer", "Errors that the quantiles are of."),
    ),
    key=("run_id", "metric", "model", "is_eoq_window", "horizon_band"),
)

SERIES_STATES = TableSchema(
    name="ml.series_states",
    comment=(
        "One row per run, server and metric: what the job made of the series. None is"
        " left out: it has a model or a reason."
    ),
    columns=(
        *WRITTEN_BY,
        SERVER_ID,
        METRIC,
        column(
            "state",
            "string",
            "regular, level_shift, short_history, too_short, constant, dead,"
            " all_missing, outage_at_end, gap or not_finite.",
        ),
        column("model", "string", "Model of its live forecast; null: none."),
        column("reason", "string", "Why no model forecasts it; null: one does."),
        column("window_days", "integer", "Days it was fitted on; null: not fitted."),
        column("level_shift_date", "date", "First day of its new level; null: none."),
    ),
    key=("run_id", "server_id", "metric"),
)

FORECAST_DRIFT = TableSchema(
    name="ml.forecast_drift",
    comment=(
        "One row per run and series that the previous version forecast, too: both on"
        " the days measured since its as-of date, and on those that both still"
        " forecast."
    ),
    columns=(
        *WRITTEN_BY,
        SERVER_ID,
        METRIC,
        column("model", "string", "Model of the run."),
        column("previous_run_id", "string", "Run of the previous version."),
        column("previous_as_of_date", "date", "Newest day that version knew."),
        column("previous_model", "string", "Model of the previous version."),
        column("day_count", "integer", "Measured days since the previous as-of date."),
        column(
            "previous_absolute_error_sum",
            "number",
            "Sum of the previous version's absolute errors on them, usage unit.",
        ),
        column(
            "new_absolute_error_sum",
            "number",
            "The same of the run's own models, fitted as of that day.",
        ),
        column("actual_sum", "number", "Sum of the measured values, usage unit."),
        column("change_day_count", "integer", "Days ahead that both forecast."),
        column(
            "absolute_change_sum",
            "number",
            "Sum over them of |new less previous forecast|, usage unit.",
        ),
        column(
            "previous_forecast_sum",
            "number",
            "Sum over them of the previous forecasts, usage unit.",
        ),
    ),
    key=("run_id", "server_id", "metric"),
)

FORECAST_TABLES = (
    USAGE_FORECASTS,
    FORECAST_BACKTESTS,
    FORECAST_MODELS,
    FORECAST_ERROR_QUANTILES,
    SERIES_STATES,
    FORECAST_DRIFT,
)
