{#- CTEs from `breach_days` and `straddling_windows` to `exceeding_days`: per trace and day
    the chance that the day lies above the threshold, given the level of the trace's node,
    its odds, and how many days above are missing for a breach. A trace is one forecast,
    that is one key, at one node; both are numbered to keep joins and windows narrow. A
    trace whose threshold lies beyond 6 sd of the quiet days and 5.5 sd of the spikes every
    day adds nothing to the 6 digits that are published, and is not computed. The days of
    one level_sd are met by every node as one, the nearest to the threshold. -#}
{% macro exceeding_days(keys) -%}
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
),

numbered_days as (
    select
        reachable_forecasts.forecast_number,
        breach_days.day_number,
        breach_days.breach_day_count
        - coalesce(straddling_windows.preceding_day_count, 0) as missing_day_count,
        coalesce(straddling_windows.is_leaving_day_above, false)
            as is_leaving_day_above,
        breach_days.threshold_log - breach_days.forecast_log as gap,
        breach_days.level_sd,
        breach_days.day_sd,
        breach_days.spike_rate,
        breach_days.spike_mean,
        breach_days.spike_sd
    from breach_days
    inner join reachable_forecasts
        on
            {%- for key in keys %}
            {{ 'and ' if not loop.first }}breach_days.{{ key }} = reachable_forecasts.{{ key }}
            {%- endfor %}
    left join straddling_windows
        on
            {%- for key in keys %}
            {{ 'and ' if not loop.first }}breach_days.{{ key }} = straddling_windows.{{ key }}
            {%- endfor %}
            and breach_days.day_number = straddling_windows.day_number
),

standardised_days as (
    select
        reachable_traces.trace_number,
        numbered_days.day_number,
        numbered_days.missing_day_count,
        numbered_days.is_leaving_day_above,
        numbered_days.spike_rate,
        (numbered_days.gap - reachable_traces.node * numbered_days.level_sd)
        / numbered_days.day_sd as quiet_z,
        (
            numbered_days.gap
            - reachable_traces.node * numbered_days.level_sd
            - numbered_days.spike_mean
        ) / numbered_days.spike_sd as spike_z
    from numbered_days
    inner join reachable_traces
        on numbered_days.forecast_number = reachable_traces.forecast_number
),

mixed_days as (
    select
        trace_number,
        day_number,
        missing_day_count,
        is_leaving_day_above,
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
        missing_day_count,
        is_leaving_day_above,
        exceedance,
        exceedance / (1e0 - exceedance) as odds
    from mixed_days
)
{%- endmacro %}
