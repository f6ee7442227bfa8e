{#- CTEs from `breach_days` to `breach_probabilities`: one row per key and day, with the
    probability that a breach, and that any day above the threshold, has happened so far,
    and whether the forecast itself is above on that day. Needs a CTE `nodes` (node,
    weight), in `breach_days` the keys, day_number (1, 2, … without a hole), target_date,
    threshold_log, forecast_log and the widths, and in `preceding_days` the keys and
    days_before of measured days that were above.

    The error of a day is a level, shared by its neighbours and integrated over the nodes,
    plus noise of its own, a mixture of normal and spikes. Given the level, days are
    independent, and j of some days are above with their quiet chance times the sum of
    the products of j odds: 1; the sum; half of its square less the sum of squares. So
    the chance that a day completes a breach, when the window that ended on the day before
    held none, is a ratio of such sums; a measured day above leaves one day fewer to come.
    Exact for the first window until a measured day leaves it, and throughout when one day
    is a breach; later days forget what older windows say. A breach that is there already
    is completed by the next day above while its window lasts.
    Naus (1982), Approximations for distributions of scan statistics. -#}
{% macro breach_probabilities(keys) -%}
{{ straddling_windows(keys) }},

{{ reachable_traces(keys) }},

{{ exceeding_days(keys) }},

{{ hitting_probabilities() }},

cumulated_days as (
    select
        trace_number,
        day_number,
        1e0 - exp(sum(ln(1e0 - least(greatest(completion, 0e0), 0.9999e0))) over (
            partition by trace_number order by day_number rows unbounded preceding
        )) as breach,
        1e0 - exp(sum(ln(1e0 - exceedance)) over (
            partition by trace_number order by day_number rows unbounded preceding
        )) as any_day
    from hitting_probabilities
),

computed_days as (
    select
        reachable_traces.forecast_number,
        cumulated_days.day_number,
        round(sum(reachable_traces.weight * cumulated_days.breach), 6)
            as breach_probability,
        round(sum(reachable_traces.weight * cumulated_days.any_day), 6)
            as any_day_probability
    from cumulated_days
    inner join reachable_traces
        on cumulated_days.trace_number = reachable_traces.trace_number
    group by reachable_traces.forecast_number, cumulated_days.day_number
),

risen_days as (
    select
        forecast_number,
        day_number,
        -- rounding aside, a probability of "so far" never falls
        {%- for probability in ['breach_probability', 'any_day_probability'] %}
        max({{ probability }}) over (
            partition by forecast_number order by day_number rows unbounded preceding
        ) as {{ probability }}{{ ',' if not loop.last }}
        {%- endfor %}
    from computed_days
),

breach_probabilities as (
    select
        {%- for key in keys %}
        breach_days.{{ key }},
        {%- endfor %}
        breach_days.target_date,
        breach_days.day_number,
        {%- for probability in ['breach_probability', 'any_day_probability'] %}
        coalesce(risen_days.{{ probability }}, 0e0) as {{ probability }},
        {%- endfor %}
        breach_days.forecast_log > breach_days.threshold_log as is_predicted_above
    from breach_days
    left join reachable_forecasts
        on
            {%- for key in keys %}
            {{ 'and ' if not loop.first }}breach_days.{{ key }} = reachable_forecasts.{{ key }}
            {%- endfor %}
    left join risen_days
        on
            reachable_forecasts.forecast_number = risen_days.forecast_number
            and breach_days.day_number = risen_days.day_number
)
{%- endmacro %}

{#- CTEs from `breach_days` to `final_breach_probabilities`: one row per key, with the
    probabilities of the key's last day. -#}
{% macro final_breach_probabilities(keys) -%}
{{ straddling_windows(keys) }},

{{ reachable_traces(keys) }},

{{ exceeding_days(keys) }},

{{ hitting_probabilities() }},

whole_traces as (
    select
        trace_number,
        1e0 - exp(sum(ln(1e0 - least(greatest(completion, 0e0), 0.9999e0)))) as breach,
        1e0 - exp(sum(ln(1e0 - exceedance))) as any_day
    from hitting_probabilities
    group by trace_number
),

forecasts as (
    select distinct
        {%- for key in keys %}
        {{ key }}{{ ',' if not loop.last }}
        {%- endfor %}
    from breach_days
),

final_breach_probabilities as (
    select
        {%- for key in keys %}
        forecasts.{{ key }},
        {%- endfor %}
        coalesce(round(sum(reachable_traces.weight * whole_traces.breach), 6), 0e0)
            as breach_probability,
        coalesce(round(sum(reachable_traces.weight * whole_traces.any_day), 6), 0e0)
            as any_day_probability
    from forecasts
    left join reachable_traces
        on
            {%- for key in keys %}
            {{ 'and ' if not loop.first }}forecasts.{{ key }} = reachable_traces.{{ key }}
            {%- endfor %}
    left join whole_traces
        on reachable_traces.trace_number = whole_traces.trace_number
    group by
        {%- for key in keys %}
        forecasts.{{ key }}{{ ',' if not loop.last }}
        {%- endfor %}
)
{%- endmacro %}
