-- One row per server and timestamp (UTC), with the day it belongs to. NaN, which other
-- writers of the table may leave, is a missing number: each engine compares it its own
-- way. A row that names a load counts when the ledger has that load and did not reject
-- it; one that names none is another writer's. The rows of a load that is under way
-- appear in one commit, so those that are there are whole.
with server_metrics as (
    select * from {{ source('raw', 'server_metrics') }}
),

loads as (
    select * from {{ ref('stg_raw__loads') }}
    where load_status in ('loaded', 'loading')
),

measured_samples as (
    select
        server_metrics.server_id,
        server_metrics.timestamp as measured_at,
        cast(server_metrics.timestamp as date) as metric_date,
        server_metrics.business_unit,
        server_metrics.region,
        server_metrics.criticality,
        {%- for column in [
            'cpu_p95', 'mem_p95', 'disk_p95', 'net_in_p95', 'net_out_p95'
        ] %}
            case
                when not {{ is_nan('server_metrics.' ~ column) }}
                    then server_metrics.{{ column }}
            end as {{ column }},
        {%- endfor %}
        server_metrics.load_id,
        server_metrics.loaded_at
    from server_metrics
    left join loads on server_metrics.load_id = loads.load_id
    where server_metrics.load_id is null or loads.load_id is not null
)

select * from measured_samples
