-- One row per server, metric and day, without gaps: the usage that the forecasting job
-- learns from.
{{ config(**daily_merge(unsettled_days())) }}
with forecast_days as (
    select * from {{ ref('int_forecast_days') }}
    {{ where_reprocessed('metric_date', unsettled_days()) }}
),

series as (
    select * from {{ ref('int_series') }}
),

calendar_days as (
    select * from {{ ref('int_calendar_days') }}
),

feature_days as (
    select
        forecast_days.server_id,
        forecast_days.metric,
        forecast_days.metric_date,
        series.calendar_id,
        series.usage_unit,
        series.capacity_value,
        series.log_floor,
        forecast_days.usage_value,
        forecast_days.measured_value,
        forecast_days.is_filled,
        coalesce(calendar_days.is_eoq_window, false) as is_eoq_window
    from forecast_days
    inner join series
        on
            forecast_days.server_id = series.server_id
            and forecast_days.metric = series.metric
    left join calendar_days
        on
            series.calendar_id = calendar_days.calendar_id
            and forecast_days.metric_date = calendar_days.calendar_date
)

select * from feature_days
