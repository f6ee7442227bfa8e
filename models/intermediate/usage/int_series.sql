-- One row per server and metric that was ever measured up to the as-of date.
with cleansed_days as (
    select * from {{ ref('int_cleansed_days') }}
),

servers as (
    select * from {{ ref('int_servers') }}
    where is_current
),

as_of_dates as (
    select * from {{ ref('int_as_of_dates') }}
),

aged_days as (
    select
        *,
        {{ days_between(
            'min(metric_date) over (partition by server_id, metric)', 'metric_date'
        ) }} as age_days
    from cleansed_days
),

measured_series as (
    select
        server_id,
        metric,
        usage_unit,
        capacity_value,
        calendar_id,
        max(statistic) as statistic,
        min(metric_date) as first_metric_date,
        max(case when measured_value is not null then metric_date end)
            as last_measured_date,
        count(*) as history_days,
        count(measured_value) as measured_day_count,
        max(case when age_days <= {{ unsettled_days() }} then measured_value end)
            as highest_first_value
    from aged_days
    group by server_id, metric, usage_unit, capacity_value, calendar_id
),

series as (
    select
        measured_series.server_id,
        measured_series.metric,
        measured_series.usage_unit,
        measured_series.capacity_value,
        measured_series.calendar_id,
        measured_series.statistic,
        measured_series.first_metric_date,
        measured_series.last_measured_date,
        measured_series.history_days,
        measured_series.measured_day_count,
        coalesce(servers.decommissioned_date > as_of_dates.as_of_date, true)
            as is_active,
        {{ days_between(
            'measured_series.last_measured_date', 'as_of_dates.as_of_date'
        ) }} < {{ design_value('silent_days') }} as is_reporting,
        {{ design_value('log_floor_ratio') }} * coalesce(
            measured_series.capacity_value,
            nullif(measured_series.highest_first_value, 0e0),
            1e0
        ) as log_floor
    from measured_series
    cross join as_of_dates
    inner join servers on measured_series.server_id = servers.server_id
)

select * from series
