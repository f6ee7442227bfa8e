-- One row per series whose days do not run, without a hole, from its first day to the
-- as-of date or its server's last day. A merge from too late a day would leave one, and a
-- merge as of an older day would leave days to come.
with server_days as (
    select * from {{ ref('fct_server_days') }}
),

series as (
    select * from {{ ref('dim_series') }}
),

servers as (
    select * from {{ ref('dim_servers') }}
    where is_current
),

series_spans as (
    select
        server_id,
        metric,
        min(metric_date) as first_date,
        max(metric_date) as last_date,
        count(*) as day_count
    from server_days
    group by server_id, metric
),

broken_series as (
    select
        series_spans.server_id,
        series_spans.metric,
        series_spans.first_date,
        series_spans.last_date,
        series_spans.day_count
    from series_spans
    inner join series
        on
            series_spans.server_id = series.server_id
            and series_spans.metric = series.metric
    inner join servers on series_spans.server_id = servers.server_id
    where
        series_spans.last_date
        != least(
            series.as_of_date,
            coalesce(servers.decommissioned_date, series.as_of_date)
        )
        or series_spans.day_count
        != {{ days_between('series_spans.first_date', 'series_spans.last_date') }} + 1
)

select * from broken_series
