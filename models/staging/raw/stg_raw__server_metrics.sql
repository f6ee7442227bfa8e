-- One row per server and timestamp (UTC), with the day it belongs to. NaN, which other
-- writers of the table may leave, is a missing number: each engine compares it its own
-- way.
with server_metrics as (
    select * from {{ source('raw', 'server_metrics') }}
),

measured_samples as (
    select
        server_id,
        timestamp as measured_at,
        cast(timestamp as date) as load_date,
        business_unit,
        region,
        criticality,
        {%- for column in [
            'cpu_p95', 'mem_p95', 'disk_p95', 'net_in_p95', 'net_out_p95'
        ] %}
            case when not {{ is_nan(column) }} then {{ column }} end as {{ column }},
        {%- endfor %}
        load_id,
        loaded_at
    from server_metrics
)

select * from measured_samples
