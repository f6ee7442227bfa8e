{#- CTEs from `breach_days` and `nodes` to `reachable_traces` and `reachable_forecasts`. A trace
    is one forecast, that is one key, at one node of the level; both are numbered to keep
    joins and windows narrow. A trace whose threshold lies beyond 6 sd of the quiet days
    and 5.5 sd of the spikes every day adds nothing to the 6 digits that are published, and
    is left out. Every node meets the days of one level_sd as one, the nearest to the
    threshold. -#}
{% macro reachable_traces(keys) -%}
nearest_days as (
    select
        {%- for key in keys %}
        {{ key }},
        {%- endfor %}
        level_sd,
        min(threshold_log - forecast_log) as gap,
        max(day_sd) as day_sd,
        max(spike_mean) as spike_mean,
        max(spike_sd) as spike_sd
    from breach_days
    group by
        {%- for key in keys %}
        {{ key }},
        {%- endfor %}
        level_sd
),

reachable_traces as (
    select
        {%- for key in keys %}
        nearest_days.{{ key }},
        {%- endfor %}
        nodes.node,
        nodes.weight,
        dense_rank() over (
            order by
                {%- for key in keys %}
                nearest_days.{{ key }}{{ ',' if not loop.last }}
                {%- endfor %}
        ) as forecast_number,
        row_number() over (
            order by
                {%- for key in keys %}
                nearest_days.{{ key }},
                {%- endfor %}
                nodes.node
        ) as trace_number
    from nearest_days
    cross join nodes
    group by
        {%- for key in keys %}
        nearest_days.{{ key }},
        {%- endfor %}
        nodes.node,
        nodes.weight
    having
        min(nearest_days.gap - nodes.node * nearest_days.level_sd)
        < greatest(
            6e0 * max(nearest_days.day_sd),
            max(nearest_days.spike_mean) + 5.5e0 * max(nearest_days.spike_sd)
        )
),

reachable_forecasts as (
    select distinct
        {%- for key in keys %}
        {{ key }},
        {%- endfor %}
        forecast_number
    from reachable_traces
)
{%- endmacro %}
