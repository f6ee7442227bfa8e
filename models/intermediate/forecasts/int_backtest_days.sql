-- One row per backtest origin, series and day that was measured: the SQL forecast beside
-- what came. Errors are of measured values only, never of imputed ones.
with sql_forecast_days as (
    select * from {{ ref('int_sql_forecast_days') }}
),

forecast_windows as (
    select * from {{ ref('int_forecast_windows') }}
),

forecast_days as (
    select * from {{ ref('int_forecast_days') }}
),

backtest_days as (
    select
        sql_forecast_days.origin_number,
        sql_forecast_days.server_id,
        sql_forecast_days.metric,
        sql_forecast_days.target_date,
        sql_forecast_days.origin_date,
        sql_forecast_days.horizon_days,
        (sql_forecast_days.horizon_days - 1) / 10 + 1 as horizon_block,
        sql_forecast_days.forecast_model,
        sql_forecast_days.forecast_log,
        sql_forecast_days.residual_spread,
        forecast_windows.usage_unit,
        forecast_windows.log_floor,
        forecast_days.measured_value,
        ln(greatest(forecast_days.measured_value, forecast_windows.log_floor))
        - sql_forecast_days.forecast_log as log_error,
        sql_forecast_days.is_eoq_window
    from sql_forecast_days
    inner join forecast_windows
        on
            sql_forecast_days.origin_number = forecast_windows.origin_number
            and sql_forecast_days.server_id = forecast_windows.server_id
            and sql_forecast_days.metric = forecast_windows.metric
    inner join forecast_days
        on
            sql_forecast_days.server_id = forecast_days.server_id
            and sql_forecast_days.metric = forecast_days.metric
            and sql_forecast_days.target_date = forecast_days.metric_date
    where
        sql_forecast_days.origin_number > 0
        and forecast_days.measured_value is not null
)

select * from backtest_days
