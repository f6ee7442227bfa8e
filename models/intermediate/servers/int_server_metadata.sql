-- One row per server that has metric rows up to the as-of date: its first day and the
-- newest business unit, region and criticality that those rows carry.
with as_of_dates as (
    select * from {{ ref('int_as_of_dates') }}
),

server_metrics as (
    select * from {{ ref('stg_raw__server_metrics') }}
    where metric_date >= {{ first_calendar_date() }}
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

ranked_metadata as (
    select
        server_id,
        min(first_metric_date) over (partition by server_id) as first_metric_date,
        {%- for column in columns %}
            first_value({{ column }}) over (
                partition by server_id
                order by
                    case when {{ column }} is null then 1 else 0 end,
                    last_measured_at desc,
                    {{ column }} asc
            ) as {{ column }},
        {%- endfor %}
        row_number() over (
            partition by server_id
            order by last_measured_at desc, {{ columns | join(', ') }}
        ) as metadata_rank
    from carried_metadata
),

server_metadata as (
    select
        server_id,
        first_metric_date,
        {{ columns | join(', ') }}
    from ranked_metadata
    where metadata_rank = 1
)

select * from server_metadata
