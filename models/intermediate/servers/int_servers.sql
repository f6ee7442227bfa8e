-- One row per server and day its inventory changed, as known at the as-of date.
-- A server known only from metric rows has one row, from its first day, with the newest
-- metadata of those rows. What is missing is 'unknown'.
with as_of_dates as (
    select * from {{ ref('int_as_of_dates') }}
),

inventory as (
    select * from {{ ref('stg_raw__servers') }}
),

server_metrics as (
    select * from {{ ref('stg_raw__server_metrics') }}
    where metric_date >= {{ first_calendar_date() }}
),

region_calendars as (
    select * from {{ ref('region_calendars') }}
),

{% set columns = ['business_unit', 'region', 'criticality'] -%}
carried_metadata as (
    select
        server_metrics.server_id,
        {%- for column in columns %}
            server_metrics.{{ column }},
        {%- endfor %}
        min(server_metrics.metric_date) as first_metric_date,
        max(server_metrics.measured_at) as last_measured_at
    from server_metrics
    inner join as_of_dates on server_metrics.metric_date <= as_of_dates.as_of_date
    group by server_metrics.server_id, {{ columns | join(', ') }}
),

server_metadata as (
    select distinct
        server_id,
        {%- for column in columns %}
            first_value({{ column }}) over (
                partition by server_id
                order by
                    {{ column }} is null,
                    last_measured_at desc,
                    {{ column }} asc
            ) as {{ column }},
        {%- endfor %}
        min(first_metric_date) over (partition by server_id) as first_metric_date
    from carried_metadata
),

known_inventory as (
    select
        inventory.*,
        lead(inventory.valid_from) over (
            partition by inventory.server_id
            order by inventory.valid_from
        ) as next_valid_from
    from inventory
    inner join as_of_dates on inventory.valid_from <= as_of_dates.as_of_date
),

known_servers as (
    select
        coalesce(inventory.server_id, server_metadata.server_id) as server_id,
        coalesce(inventory.valid_from, server_metadata.first_metric_date) as valid_from,
        {{ add_days('inventory.next_valid_from', -1) }} as valid_to,
        coalesce(inventory.business_unit, server_metadata.business_unit, 'unknown')
            as business_unit,
        coalesce(inventory.region, server_metadata.region, 'unknown') as region,
        coalesce(inventory.criticality, server_metadata.criticality, 'unknown')
            as criticality,
        coalesce(inventory.server_type, 'unknown') as server_type,
        coalesce(inventory.application, 'unknown') as application,
        coalesce(inventory.environment, 'unknown') as environment,
        coalesce(inventory.failover_group, 'unknown') as failover_group,
        coalesce(inventory.instance_type, 'unknown') as instance_type,
        inventory.vcpu_count,
        inventory.memory_gib,
        inventory.disk_gib,
        inventory.network_mbps,
        inventory.commissioned_date,
        inventory.decommissioned_date
    from known_inventory as inventory
    full outer join server_metadata on inventory.server_id = server_metadata.server_id
),

servers as (
    select
        known_servers.server_id,
        known_servers.valid_from,
        known_servers.valid_to,
        known_servers.business_unit,
        known_servers.region,
        known_servers.criticality,
        known_servers.server_type,
        known_servers.application,
        known_servers.environment,
        known_servers.failover_group,
        known_servers.instance_type,
        known_servers.vcpu_count,
        known_servers.memory_gib,
        known_servers.disk_gib,
        known_servers.network_mbps,
        known_servers.commissioned_date,
        known_servers.decommissioned_date,
        coalesce(region_calendars.calendar_id, 'us_bank') as calendar_id,
        known_servers.valid_to is null as is_current
    from known_servers
    left join region_calendars on known_servers.region = region_calendars.region
)

select * from servers
