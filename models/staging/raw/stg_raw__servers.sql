-- One row per server and day its inventory changed.
with servers as (
    select * from {{ source('raw', 'servers') }}
),

server_versions as (
    select
        server_id,
        valid_from,
        business_unit,
        region,
        criticality,
        server_type,
        application,
        environment,
        failover_group,
        instance_type,
        vcpu_count,
        memory_gib,
        disk_gib,
        network_mbps,
        commissioned_date,
        decommissioned_date,
        load_id,
        loaded_at
    from servers
)

select * from server_versions
