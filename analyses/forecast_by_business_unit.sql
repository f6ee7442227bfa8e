-- One row per business unit and metric: the average of the predicted daily P95 over the
-- next days, weighted by capacity, so that a big server counts as much as it is big. CPU,
-- memory and disk weigh by vCPU, GiB of memory and GiB of disk, network by its Mbps.
with usage_forecasts as (
    select * from {{ ref('fct_usage_forecasts') }}
),

servers as (
    select * from {{ ref('dim_servers') }}
),

weighted_days as (
    select
        servers.business_unit,
        usage_forecasts.server_id,
        usage_forecasts.metric,
        usage_forecasts.target_date,
        usage_forecasts.forecast_pct,
        case usage_forecasts.metric
            when 'cpu' then cast(servers.vcpu_count as double)
            when 'memory' then servers.memory_gib
            when 'disk' then servers.disk_gib
            else usage_forecasts.capacity_value
        end as weight
    from usage_forecasts
    inner join servers
        on usage_forecasts.server_id = servers.server_id and servers.is_current
    where
        usage_forecasts.forecast_pct is not null
        and usage_forecasts.horizon_days between 1 and cast({{ param('days') }} as bigint)
),

business_units as (
    select
        business_unit,
        metric,
        min(target_date) as first_date,
        max(target_date) as last_date,
        count(distinct server_id) as server_count,
        count(distinct case when weight is null then server_id end)
            as server_without_capacity_count,
        sum(forecast_pct * weight) / nullif(sum(weight), 0) as forecast_pct
    from weighted_days
    group by business_unit, metric
)

select * from business_units
order by business_unit asc, metric asc
