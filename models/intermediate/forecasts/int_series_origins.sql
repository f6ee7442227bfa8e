-- One row per forecast origin and series that has history at the origin: every active
-- series at the live origin, at a backtest those that measured in the 14 days up to it.
with series as (
    select * from {{ ref('int_series') }}
),

origins as (
    select * from {{ ref('int_forecast_origins') }}
),

forecast_days as (
    select * from {{ ref('int_forecast_days') }}
),

measured_days as (
    select
        server_id,
        metric,
        metric_date,
        max(case when measured_value is not null then metric_date end) over (
            partition by server_id, metric
            order by metric_date
            rows unbounded preceding
        ) as last_measured_date
    from forecast_days
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
    inner join measured_days
        on
            series.server_id = measured_days.server_id
            and series.metric = measured_days.metric
            and origins.origin_date = measured_days.metric_date
    where
        (origins.origin_number = 0 and series.is_active)
        or (
            origins.origin_number > 0
            and measured_days.last_measured_date
            > {{ add_days('origins.origin_date', -14) }}
        )
)

select * from series_origins
