-- One row per forecast origin and series that no window fits, and ISO weekday.
-- The mean log usage of the weekday in the last 28 days, else of all of them: the forecast
-- of a series too short, or too gappy, for a calendar.
with forecast_windows as (
    select * from {{ ref('int_forecast_windows') }}
),

forecast_days as (
    select * from {{ ref('int_forecast_days') }}
),

recent_days as (
    select
        forecast_windows.origin_number,
        forecast_windows.server_id,
        forecast_windows.metric,
        forecast_days.log_usage,
        {{ iso_weekday('forecast_days.metric_date') }} as weekday_number
    from forecast_windows
    inner join forecast_days
        on
            forecast_windows.server_id = forecast_days.server_id
            and forecast_windows.metric = forecast_days.metric
            and forecast_windows.origin_date >= forecast_days.metric_date
            and {{ add_days('forecast_windows.origin_date', -28) }}
            < forecast_days.metric_date
    where forecast_windows.window_days is null
),

series_means as (
    select
        origin_number,
        server_id,
        metric,
        avg(log_usage) as log_mean
    from recent_days
    group by origin_number, server_id, metric
),

series_spreads as (
    select
        recent_days.origin_number,
        recent_days.server_id,
        recent_days.metric,
        series_means.log_mean,
        round(
            {{ design_value('mean_deviation_sd') }}
            * avg(abs(recent_days.log_usage - series_means.log_mean)), 10
        ) as residual_spread
    from recent_days
    inner join series_means
        on
            recent_days.origin_number = series_means.origin_number
            and recent_days.server_id = series_means.server_id
            and recent_days.metric = series_means.metric
    group by
        recent_days.origin_number,
        recent_days.server_id,
        recent_days.metric,
        series_means.log_mean
),

weekday_means as (
    select
        series_spreads.origin_number,
        series_spreads.server_id,
        series_spreads.metric,
        weekdays.weekday_number,
        coalesce(avg(recent_days.log_usage), series_spreads.log_mean) as log_mean,
        series_spreads.residual_spread
    from series_spreads
    cross join unnest({{ integers_between(1, 7) }}) as weekdays (weekday_number)
    left join recent_days
        on
            series_spreads.origin_number = recent_days.origin_number
            and series_spreads.server_id = recent_days.server_id
            and series_spreads.metric = recent_days.metric
            and weekdays.weekday_number = recent_days.weekday_number
    group by
        series_spreads.origin_number,
        series_spreads.server_id,
        series_spreads.metric,
        weekdays.weekday_number,
        series_spreads.log_mean,
        series_spreads.residual_spread
)

select * from weekday_means
