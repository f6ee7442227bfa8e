-- One row per forecast origin (live and calibrated), series, risk level and measured day
-- above the threshold among the breach_window_days before the first day ahead: what a
-- window that straddles the origin already holds.
with breach_days as (
    select * from {{ ref('int_breach_days') }}
    where day_number = 1
),

forecast_days as (
    select * from {{ ref('int_forecast_days') }}
    where measured_value > 0e0
),

calendar_days as (
    select * from {{ ref('int_calendar_days') }}
),

preceding_days as (
    select
        breach_days.origin_number,
        breach_days.server_id,
        breach_days.metric,
        breach_days.risk_level,
        breach_days.threshold_log,
        days.days_before,
        {{ add_days('breach_days.target_date', '-days.days_before') }} as metric_date
    from breach_days
    cross join
        unnest({{ integers_between(1, var('breach_window_days')) }})
            as days (days_before)
),

preceding_days_above as (
    select
        preceding_days.origin_number,
        preceding_days.server_id,
        preceding_days.metric,
        preceding_days.risk_level,
        preceding_days.metric_date,
        cast(preceding_days.days_before as bigint) as days_before,
        calendar_days.is_eoq_window
    from preceding_days
    inner join forecast_days
        on
            preceding_days.server_id = forecast_days.server_id
            and preceding_days.metric = forecast_days.metric
            and preceding_days.metric_date = forecast_days.metric_date
    inner join calendar_days
        on
            forecast_days.calendar_id = calendar_days.calendar_id
            and forecast_days.metric_date = calendar_days.calendar_date
    where ln(forecast_days.measured_value) > preceding_days.threshold_log
)

select * from preceding_days_above
