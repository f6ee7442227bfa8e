-- One row per server and metric: the risk policy in force at the as-of date.
-- Each value comes from the most specific row that gives it: server type before
-- criticality before metric, 'any' fits all; of one kind the newest row counts.
{%- set values = [
    'high_threshold_pct', 'very_high_threshold_pct', 'breach_day_count',
    'breach_window_days', 'flag_probability', 'under_used_threshold_pct',
] %}
with servers as (
    select * from {{ ref('int_servers') }}
    where is_current
),

metrics as (
    select * from {{ ref('metric_definitions') }}
),

effective_policies as (
    select risk_policies.*
    from {{ ref('risk_policies') }} as risk_policies
    inner join {{ ref('int_as_of_dates') }} as as_of_dates
        on risk_policies.valid_from <= as_of_dates.as_of_date
),

segments as (
    select distinct
        metrics.metric,
        servers.criticality,
        servers.server_type
    from servers
    cross join metrics
),

ranked_values as (
    select
        segments.metric,
        segments.criticality,
        {%- for value in values %}
            effective_policies.{{ value }},
            row_number() over (
                partition by segments.metric, segments.criticality, segments.server_type
                order by
                    effective_policies.{{ value }} is null,
                    effective_policies.server_type = 'any',
                    effective_policies.criticality = 'any',
                    effective_policies.metric = 'any',
                    effective_policies.valid_from desc
            ) as {{ value }}_rank,
        {%- endfor %}
        segments.server_type
    from segments
    left join effective_policies
        on
            effective_policies.metric in (segments.metric, 'any')
            and effective_policies.criticality in (segments.criticality, 'any')
            and effective_policies.server_type in (segments.server_type, 'any')
),

segment_policies as (
    select
        metric,
        criticality,
        {%- for value in values %}
            max(case when {{ value }}_rank = 1 then {{ value }} end) as {{ value }},
        {%- endfor %}
        server_type
    from ranked_values
    group by metric, criticality, server_type
),

series_policies as (
    select
        servers.server_id,
        segment_policies.metric,
        segment_policies.high_threshold_pct,
        segment_policies.very_high_threshold_pct,
        segment_policies.breach_day_count,
        segment_policies.breach_window_days,
        segment_policies.flag_probability,
        segment_policies.under_used_threshold_pct
    from servers
    inner join segment_policies
        on
            servers.criticality = segment_policies.criticality
            and servers.server_type = segment_policies.server_type
)

select * from series_policies
