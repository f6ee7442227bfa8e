{#- CTEs from `breach_days` to `exceeding_days`: per trace and day the chance that the day
    lies above the threshold, given the level of the trace's node, and its odds. A trace is
    one forecast, that is one key, at one node; both are numbered to keep joins and windows
    narrow. A trace whose threshold lies beyond 6 sd of the quiet days and 5.5 sd of the
    spikes every day adds nothing to the 6 digits that are published, and is not computed. -#}
{% macro exceeding_days(keys) -%}
reachable_traces as (
    select
        {%- for key in keys %}
        breach_days.{{ key }},
        {%- endfor %}
        nodes.node,
        nodes.weight,
        dense_rank() over (
            order by
                {%- for key in keys %}
                breach_days.{{ key }}{{ ',' if not loop.last }}
                {%- endfor %}
        ) as forecast_number,
        row_number() over (
            order by
                {%- for key in keys %}
                breach_days.{{ key }},
                {%- endfor %}
                nodes.node
        ) as trace_number
    from breach_days
    cross join nodes
    group by
        {%- for key in keys %}
        breach_days.{{ key }},
        {%- endfor %}
        nodes.node,
        nodes.weight
    having
        min(
            breach_days.threshold_log
            - breach_days.forecast_log
            - nodes.node * breach_days.level_sd
        )
        < greatest(
            6e0 * max(breach_days.day_sd),
            max(breach_days.spike_mean) + 5.5e0 * max(breach_days.spike_sd)
        )
),

standardised_days as (
    select
        reachable_traces.trace_number,
        breach_days.day_number,
        breach_days.breach_day_count,
        breach_days.spike_rate,
        (
            breach_days.threshold_log
            - breach_days.forecast_log
            - reachable_traces.node * breach_days.level_sd
        ) / breach_days.day_sd as quiet_z,
        (
            breach_days.threshold_log
            - breach_days.forecast_log
            - reachable_traces.node * breach_days.level_sd
            - breach_days.spike_mean
        ) / breach_days.spike_sd as spike_z
    from breach_days
    inner join reachable_traces
        on
            {%- for key in keys %}
            {{ 'and ' if not loop.first }}breach_days.{{ key }} = reachable_traces.{{ key }}
            {%- endfor %}
),

mixed_days as (
    select
        trace_number,
        day_number,
        breach_day_count,
        -- the odds of a sure day are infinite
        least(
            (1e0 - spike_rate) * ({{ normal_tail('quiet_z') }})
            + spike_rate * ({{ normal_tail('spike_z') }}),
            0.9999e0
        ) as exceedance
    from standardised_days
),

exceeding_days as (
    select
        trace_number,
        day_number,
        breach_day_count,
        exceedance,
        exceedance / (1e0 - exceedance) as odds
    from mixed_days
)
{%- endmacro %}
