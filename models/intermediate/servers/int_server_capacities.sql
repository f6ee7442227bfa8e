-- One row per server, metric and day the inventory changed: the capacity that a
-- percentage of those days is rebased to, and from which to which day it held.
with servers as (
    select * from {{ ref('int_servers') }}
),

metrics as (
    select * from {{ ref('metric_definitions') }}
),

sized_servers as (
    select
        servers.server_id,
        servers.valid_from,
        servers.valid_to,
        servers.is_current,
        servers.decommissioned_date,
        servers.calendar_id,
        metrics.metric,
        metrics.usage_unit,
        nullif(greatest(case metrics.capacity_column
            when 'vcpu_count' then cast(coalesce(servers.vcpu_count, 0) as double)
            {%- for column in ['memory_gib', 'disk_gib', 'network_mbps'] %}
                when '{{ column }}' then coalesce(servers.{{ column }}, 0e0)
            {%- endfor %}
            else 0e0
        end, 0e0), 0e0) as size_value,
        row_number() over (
            partition by servers.server_id, metrics.metric
            order by servers.valid_from
        ) as version_number
    from servers
    cross join metrics
),

current_sizes as (
    select * from sized_servers
    where is_current
),

server_capacities as (
    select
        sized_servers.server_id,
        sized_servers.metric,
        sized_servers.valid_from,
        case
            when sized_servers.version_number = 1 then {{ first_calendar_date() }}
            else sized_servers.valid_from
        end as first_date,
        coalesce(sized_servers.valid_to, date '9999-12-31') as last_date,
        sized_servers.is_current,
        current_sizes.decommissioned_date,
        current_sizes.calendar_id,
        sized_servers.usage_unit,
        case
            when sized_servers.usage_unit = 'percent' then 100e0
            else current_sizes.size_value
        end as capacity_value,
        case
            when sized_servers.usage_unit = 'percent'
                then coalesce(sized_servers.size_value / current_sizes.size_value, 1e0)
            else 1e0
        end as rebase_ratio
    from sized_servers
    inner join current_sizes
        on
            sized_servers.server_id = current_sizes.server_id
            and sized_servers.metric = current_sizes.metric
)

select * from server_capacities
