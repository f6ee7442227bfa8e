-- One row per server, metric and UTC day with a measurement, up to the as-of date.
{{ config(**daily_merge()) }}
with as_of_dates as (
    select * from {{ ref('int_as_of_dates') }}
),

server_metrics as (
    select * from {{ ref('stg_raw__server_metrics') }}
    {{ where_reprocessed('metric_date') }}
),

loads as (
    select * from {{ ref('stg_raw__loads') }}
),

metrics as (
    select * from {{ ref('metric_definitions') }}
),

samples as (
    select
        server_metrics.server_id,
        metrics.metric,
        server_metrics.metric_date,
        server_metrics.load_id,
        case metrics.source_column
            {%- for column in [
                'cpu_p95', 'mem_p95', 'disk_p95', 'net_in_p95', 'net_out_p95'
            ] %}
                when '{{ column }}' then server_metrics.{{ column }}
            {%- endfor %}
        end as sample_value
    from server_metrics
    inner join as_of_dates
        on
            server_metrics.metric_date <= as_of_dates.as_of_date
            and server_metrics.metric_date >= {{ first_calendar_date() }}
    cross join metrics
),

server_days as (
    select
        samples.server_id,
        samples.metric,
        samples.metric_date,
        coalesce(max(loads.statistic), 'unknown') as statistic,
        count(samples.sample_value) as sample_count,
        {{ nearest_rank('samples.sample_value', 95) }} as measured_value
    from samples
    left join loads on samples.load_id = loads.load_id
    where samples.sample_value is not null
    group by samples.server_id, samples.metric, samples.metric_date
)

select * from server_days
