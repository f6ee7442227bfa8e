-- One row per forecast origin (live and calibrated), series, risk level and day ahead:
-- the forecast, the threshold and the widths that its breach probability is made of.
-- Only series with a capacity and with backtests of their metric; the live origin looks
-- horizon_days ahead, the calibrated ones 90.
with chosen_forecasts as (
    select * from {{ ref('int_chosen_forecasts') }}
),

sql_forecast_days as (
    select * from {{ ref('int_sql_forecast_days') }}
    where
        horizon_days <= 90
        and origin_number between 1 and {{ calibrated_origin_count() }}
),

series_thresholds as (
    select * from {{ ref('int_series_thresholds') }}
),

day_errors as (
    select * from {{ ref('int_breach_day_errors') }}
),

level_errors as (
    select * from {{ ref('int_breach_level_errors') }}
),

forecast_days as (
    select
        cast(0 as bigint) as origin_number,
        server_id,
        metric,
        target_date,
        {{ days_between('origin_date', 'target_date') }} as horizon_days,
        {{ days_between('as_of_date', 'target_date') }} as day_number,
        forecast_log,
        is_eoq_window
    from chosen_forecasts
    union all
    select
        origin_number,
        server_id,
        metric,
        target_date,
        horizon_days,
        horizon_days as day_number,
        forecast_log,
        is_eoq_window
    from sql_forecast_days
),

breach_days as (
    select
        forecast_days.origin_number,
        forecast_days.server_id,
        forecast_days.metric,
        series_thresholds.risk_level,
        forecast_days.target_date,
        forecast_days.day_number,
        forecast_days.is_eoq_window,
        series_thresholds.breach_day_count,
        series_thresholds.threshold_log,
        forecast_days.forecast_log,
        level_errors.level_sd,
        day_errors.day_sd,
        day_errors.spike_rate,
        day_errors.spike_mean,
        day_errors.spike_sd
    from forecast_days
    inner join series_thresholds
        on
            forecast_days.server_id = series_thresholds.server_id
            and forecast_days.metric = series_thresholds.metric
    inner join day_errors
        on
            forecast_days.origin_number = day_errors.origin_number
            and forecast_days.server_id = day_errors.server_id
            and forecast_days.metric = day_errors.metric
    inner join level_errors
        on
            forecast_days.origin_number = level_errors.origin_number
            and forecast_days.server_id = level_errors.server_id
            and forecast_days.metric = level_errors.metric
            and (forecast_days.horizon_days - 1) / 10 + 1 = level_errors.horizon_block
)

-- runs of equal values make DuckDB's file a quarter of the size; Athena drops the order
select * from breach_days
{{ materialized_before_sorting('breach_days') }}
order by origin_number, server_id, metric, risk_level, target_date
