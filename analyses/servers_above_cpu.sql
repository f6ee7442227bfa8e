-- One row per server whose measured P95 of CPU was above a level on enough of the last
-- days, the busiest first.
with server_days as (
    select * from {{ ref('fct_server_days') }}
),

series as (
    select * from {{ ref('dim_series') }}
),

servers as (
    select * from {{ ref('dim_servers') }}
),

recent_days as (
    select
        server_days.server_id,
        server_days.metric_date,
        server_days.measured_pct
    from server_days
    inner join series
        on
            server_days.server_id = series.server_id
            and server_days.metric = series.metric
    where
        server_days.metric = 'cpu'
        and server_days.measured_pct is not null
        and server_days.metric_date > {{ add_days(
            'series.as_of_date', '-cast(' ~ param('days') ~ ' as bigint)'
        ) }}
),

busy_servers as (
    select
        server_id,
        count(*) as measured_day_count,
        count(case when measured_pct > cast({{ param('above_pct') }} as double) then 1 end)
            as day_above_count,
        avg(measured_pct) as mean_pct,
        max(measured_pct) as peak_pct
    from recent_days
    group by server_id
    having
        count(case when measured_pct > cast({{ param('above_pct') }} as double) then 1 end)
        >= cast({{ param('at_least_days') }} as bigint)
),

named_servers as (
    select
        busy_servers.server_id,
        servers.business_unit,
        servers.region,
        servers.criticality,
        servers.server_type,
        busy_servers.mean_pct,
        busy_servers.peak_pct,
        busy_servers.day_above_count,
        busy_servers.measured_day_count
    from busy_servers
    left join servers
        on busy_servers.server_id = servers.server_id and servers.is_current
)

select * from named_servers
order by day_above_count desc, mean_pct desc, server_id asc
