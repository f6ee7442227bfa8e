{#- CTEs from `breach_days`, `straddling_windows` and `reachable_traces` to `exceeding_days`:
    per trace and day the chance that the day lies above the threshold, given the level of
    the trace's node, its odds, and how many days above are missing for a breach. -#}
{% macro exceeding_days(keys) -%}
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
