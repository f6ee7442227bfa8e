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

series as (
    select * from {{ ref('int_series') }}
),

series_policies as (
    select * from {{ ref('int_series_policies') }}
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
        origin_date,
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
        origin_date,
        horizon_days,
        horizon_days as day_number,
        forecast_log,
        is_eoq_window
    from sql_forecast_days
),

thresholds as (
    select
        series.server_id,
        series.metric,
        series.log_floor,
        risk_levels.risk_level,
        case
            when risk_levels.risk_level = 'high' then series_policies.high_threshold_pct
            else series_policies.very_high_threshold_pct
        end as threshold_pct,
        series_policies.breach_day_count,
        series.capacity_value
    from series
    inner join series_policies
        on
            series.server_id = series_policies.server_id
            and series.metric = series_policies.metric
    cross join unnest(array['high', 'very_high']) as risk_levels (risk_level)
    where series.capacity_value > 0e0
),

breach_days as (
    select
        forecast_days.origin_number,
        forecast_days.server_id,
        forecast_days.metric,
        thresholds.risk_level,
        forecast_days.target_date,
        forecast_days.origin_date,
        forecast_days.day_number,
        forecast_days.is_eoq_window,
        thresholds.threshold_pct,
        thresholds.breach_day_count,
        ln(thresholds.threshold_pct / 100e0 * thresholds.capacity_value)
            as threshold_log,
        forecast_days.forecast_log,
        level_errors.level_sd,
        day_errors.day_sd,
        day_errors.spike_rate,
        day_errors.spike_mean,
        day_errors.spike_sd
    from forecast_days
    inner join thresholds
        on
            forecast_days.server_id = thresholds.server_id
            and forecast_days.metric = thresholds.metric
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

select * from breach_days
