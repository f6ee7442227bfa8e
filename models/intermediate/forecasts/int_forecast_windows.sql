-- One row per forecast origin and series that has history at the origin: every active
-- series at the live origin, at a backtest those that were not silent.
-- The window is the longest that the history fills; null when there is none: the weekday
-- mean forecasts then. Weights may be older than the origin
-- (calendar_weights_max_age_days): the window ends where they end, the level does not.
with series as (
    select * from {{ ref('int_series') }}
),

origins as (
    select * from {{ ref('int_forecast_origins') }}
),

forecast_days as (
    select * from {{ ref('int_forecast_days') }}
),

calendar_weights as (
    select * from {{ ref('stg_python_jobs__calendar_weights') }}
    where {{ from_published_run() }}
),

{% set so_far -%}
    over (partition by server_id, metric order by metric_date rows unbounded preceding)
{%- endset -%}
counted_days as (
    select
        server_id,
        metric,
        metric_date,
        max(case when measured_value is not null then metric_date end) {{ so_far }}
            as last_measured_date,
        cast(sum(case when is_filled then 1 else 0 end) {{ so_far }} as bigint)
            as filled_day_count
    from forecast_days
),

windows as (
    select distinct
        calendar_id,
        origin_number,
        origin_date as last_weight_date,
        window_days
    from calendar_weights
),

series_origins as (
    select
        origins.origin_number,
        origins.origin_date,
        series.server_id,
        series.metric,
        series.calendar_id,
        series.usage_unit,
        series.capacity_value,
        series.log_floor,
        series.first_metric_date,
        {{ days_between('series.first_metric_date', 'origins.origin_date') }} + 1
            as history_days
    from series
    cross join origins
    inner join counted_days
        on
            series.server_id = counted_days.server_id
            and series.metric = counted_days.metric
            and origins.origin_date = counted_days.metric_date
    where
        (origins.origin_number = 0 and series.is_active)
        or (
            origins.origin_number > 0
            and {{ days_between(
                'counted_days.last_measured_date', 'origins.origin_date'
            ) }} < {{ design_value('silent_days') }}
        )
),

filled_windows as (
    select
        series_origins.origin_number,
        series_origins.server_id,
        series_origins.metric,
        max(windows.window_days) as window_days
    from series_origins
    inner join windows
        on
            series_origins.calendar_id = windows.calendar_id
            and series_origins.origin_number = windows.origin_number
            and series_origins.first_metric_date
            <= {{ add_days('windows.last_weight_date', '1 - windows.window_days') }}
            and series_origins.origin_date >= windows.last_weight_date
            and {{ add_days(
                'series_origins.origin_date', -var('calendar_weights_max_age_days')
            ) }} <= windows.last_weight_date
    inner join counted_days as window_ends
        on
            series_origins.server_id = window_ends.server_id
            and series_origins.metric = window_ends.metric
            and windows.last_weight_date = window_ends.metric_date
    left join counted_days as window_starts
        on
            series_origins.server_id = window_starts.server_id
            and series_origins.metric = window_starts.metric
            and {{ add_days('windows.last_weight_date', '-windows.window_days') }}
            = window_starts.metric_date
    where
        window_ends.filled_day_count - coalesce(window_starts.filled_day_count, 0)
        <= {{ design_value('filled_ratio') }} * windows.window_days
    group by
        series_origins.origin_number,
        series_origins.server_id,
        series_origins.metric
),

forecast_windows as (
    select
        series_origins.origin_number,
        series_origins.origin_date,
        series_origins.server_id,
        series_origins.metric,
        series_origins.calendar_id,
        series_origins.usage_unit,
        series_origins.capacity_value,
        series_origins.log_floor,
        series_origins.history_days,
        filled_windows.window_days
    from series_origins
    left join filled_windows
        on
            series_origins.origin_number = filled_windows.origin_number
            and series_origins.server_id = filled_windows.server_id
            and series_origins.metric = filled_windows.metric
)

select * from forecast_windows
