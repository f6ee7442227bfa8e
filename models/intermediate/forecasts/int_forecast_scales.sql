-- One row per backtest origin and series: the mean absolute change from one week to the
-- next, over the 364 days up to the origin. It scales errors (MASE); null when the series
-- never moved.
with forecast_windows as (
    select * from {{ ref('int_forecast_windows') }}
    where origin_number > 0
),

forecast_days as (
    select * from {{ ref('int_forecast_days') }}
),

weekly_changes as (
    select
        server_id,
        metric,
        metric_date,
        abs(
            usage_value
            - lag(usage_value, 7) over (
                partition by server_id, metric order by metric_date
            )
        ) as absolute_change
    from forecast_days
),

forecast_scales as (
    select
        forecast_windows.origin_number,
        forecast_windows.server_id,
        forecast_windows.metric,
        nullif(avg(weekly_changes.absolute_change), 0e0) as scale_value
    from forecast_windows
    inner join weekly_changes
        on
            forecast_windows.server_id = weekly_changes.server_id
            and forecast_windows.metric = weekly_changes.metric
            and forecast_windows.origin_date >= weekly_changes.metric_date
            and {{ add_days('forecast_windows.origin_date', -364) }}
            < weekly_changes.metric_date
    group by
        forecast_windows.origin_number,
        forecast_windows.server_id,
        forecast_windows.metric
)

select * from forecast_scales
