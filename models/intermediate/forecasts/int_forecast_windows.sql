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

filled_days as (
    select * from {{ ref('int_forecast_days') }}
    where is_filled
),

calendar_weights as (
    select * from {{ ref('stg_python_jobs__calendar_weights') }}
    where {{ from_published_run() }}
),

windows as (
    select distinct
        calendar_id,
        origin_number,
        origin_date as last_weight_date,
        window_days
    from calendar_weights
),

-- bounds are columns of few rows: as conditions of a join DuckDB meets every day
known_origins as (
    select
        origin_number,
        origin_date,
        {{ add_days(
            'origin_date', '1 - cast(' ~ design_value('silent_days') ~ ' as integer)'
        ) }} as first_recent_date
    from origins
),

series_origins as (
    select
        known_origins.origin_number,
        known_origins.origin_date,
        series.server_id,
        series.metric,
        series.calendar_id,
        series.usage_unit,
        series.capacity_value,
        series.log_floor,
        series.first_metric_date,
        {{ days_between('series.first_metric_date', 'known_origins.origin_date') }} + 1
            as history_days
    from series
    cross join known_origins
    inner join forecast_days as recent_days
        on
            series.server_id = recent_days.server_id
            and series.metric = recent_days.metric
            and known_origins.first_recent_date <= recent_days.metric_date
            and known_origins.origin_date >= recent_days.metric_date
    where series.is_active or known_origins.origin_number > 0
    group by
        known_origins.origin_number,
        known_origins.origin_date,
        series.server_id,
        series.metric,
        series.calendar_id,
        series.usage_unit,
        series.capacity_value,
        series.log_floor,
        series.first_metric_date
    having
        max(recent_days.metric_date) = known_origins.origin_date
        and (
            known_origins.origin_number = 0 or count(recent_days.measured_value) > 0
        )
),

series_windows as (
    select
        series_origins.origin_number,
        series_origins.server_id,
        series_origins.metric,
        windows.window_days,
        windows.last_weight_date,
        {{ add_days('windows.last_weight_date', '1 - windows.window_days') }}
            as first_weight_date
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
),

measured_windows as (
    select
        series_windows.origin_number,
        series_windows.server_id,
        series_windows.metric,
        series_windows.window_days
    from series_windows
    left join filled_days
        on
            series_windows.server_id = filled_days.server_id
            and series_windows.metric = filled_days.metric
            and series_windows.first_weight_date <= filled_days.metric_date
            and series_windows.last_weight_date >= filled_days.metric_date
    group by
        series_windows.origin_number,
        series_windows.server_id,
        series_windows.metric,
        series_windows.window_days
    having
        count(filled_days.metric_date)
        <= {{ design_value('filled_ratio') }} * series_windows.window_days
),

longest_windows as (
    select
        origin_number,
        server_id,
        metric,
        max(window_days) as window_days
    from measured_windows
    group by origin_number, server_id, metric
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
        longest_windows.window_days
    from series_origins
    left join longest_windows
        on
            series_origins.origin_number = longest_windows.origin_number
            and series_origins.server_id = longest_windows.server_id
            and series_origins.metric = longest_windows.metric
)

select * from forecast_windows
