-- One row per server, metric and day, without gaps: from the series' first measured day
-- to the as-of date, or to the server's last day in service.
-- A percentage is rebased to today's size, or every resize would be a break: 80 % of 4
-- processors are 40 % of 8. Days before the first known size count as that size.
{{ config(**daily_merge()) }}
with server_days as (
    select * from {{ ref('int_server_days') }}
    {{ where_reprocessed('metric_date') }}
),

as_of_dates as (
    select * from {{ ref('int_as_of_dates') }}
),

servers as (
    select * from {{ ref('int_server_capacities') }}
),

calendar_days as (
    select * from {{ ref('int_calendar_days') }}
),

started_series as (
    select
        server_id,
        metric,
        metric_date
    from {{ ref('int_server_days') }}
    {{ where_reprocessed('metric_date') }}
    {%- if is_merging() %}
        union all
        select
            server_id,
            metric,
            {{ add_days('metric_date', 1) }} as metric_date
        from {{ this }}
        where metric_date = date '{{ reprocessed_date(1) }}'
    {%- endif %}
),

series_spans as (
    select
        started_series.server_id,
        started_series.metric,
        min(started_series.metric_date) as first_metric_date,
        least(
            as_of_dates.as_of_date,
            coalesce(servers.decommissioned_date, as_of_dates.as_of_date)
        ) as last_metric_date
    from started_series
    cross join as_of_dates
    inner join servers
        on
            started_series.server_id = servers.server_id
            and started_series.metric = servers.metric
            and servers.is_current
    group by
        started_series.server_id,
        started_series.metric,
        as_of_dates.as_of_date,
        servers.decommissioned_date
),

series_days as (
    select
        series_spans.server_id,
        series_spans.metric,
        days.metric_date
    from series_spans
    cross join unnest({{ dates_between(
        'series_spans.first_metric_date',
        'greatest(series_spans.first_metric_date, series_spans.last_metric_date)'
    ) }}) as days (metric_date)
    where series_spans.first_metric_date <= series_spans.last_metric_date
),

usage_days as (
    select
        series_days.server_id,
        series_days.metric,
        series_days.metric_date,
        servers.usage_unit,
        servers.capacity_value,
        servers.calendar_id,
        server_days.statistic,
        coalesce(server_days.sample_count, 0) as sample_count,
        server_days.measured_value * servers.rebase_ratio as measured_value,
        coalesce(calendar_days.is_eoq_window, false) as is_eoq_window,
        coalesce(calendar_days.is_holiday, false) as is_holiday
    from series_days
    inner join servers
        on
            series_days.server_id = servers.server_id
            and series_days.metric = servers.metric
            and series_days.metric_date between servers.first_date and servers.last_date
    left join server_days
        on
            series_days.server_id = server_days.server_id
            and series_days.metric = server_days.metric
            and series_days.metric_date = server_days.metric_date
    left join calendar_days
        on
            servers.calendar_id = calendar_days.calendar_id
            and series_days.metric_date = calendar_days.calendar_date
)

select * from usage_days
