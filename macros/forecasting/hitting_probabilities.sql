{#- CTEs from `exceeding_days` and `preceding_days` to `hitting_probabilities`: per trace and day
    the chance that it completes a breach, when there was none so far. How many days above
    are missing for that depends on the measured ones that the day's window holds. -#}
{% macro hitting_probabilities(keys) -%}
{%- set window_days = var('breach_window_days') -%}
{#- sum of the products of two odds of the other days of the window -#}
{%- set other_pairs = '(other_odds * other_odds - other_squared_odds) / 2e0' -%}
{%- set so_far -%}
    partition by trace_number order by day_number rows
{%- endset -%}
straddling_windows as (
    select
        {%- for key in keys %}
        preceding_days.{{ key }},
        {%- endfor %}
        cast(days.day_number as bigint) as day_number,
        count(
            case
                when days.day_number + preceding_days.days_before <= {{ window_days }}
                    then 1
            end
        ) as preceding_day_count,
        bool_or(days.day_number + preceding_days.days_before = {{ window_days + 1 }})
            as is_leaving_day_above
    from preceding_days
    cross join unnest({{ integers_between(1, window_days) }}) as days (day_number)
    where days.day_number + preceding_days.days_before <= {{ window_days + 1 }}
    group by
        {%- for key in keys %}
        preceding_days.{{ key }},
        {%- endfor %}
        days.day_number
),

preceded_traces as (
    select
        reachable_traces.trace_number,
        straddling_windows.day_number,
        straddling_windows.preceding_day_count,
        straddling_windows.is_leaving_day_above
    from reachable_traces
    inner join straddling_windows
        on
            {%- for key in keys %}
            {{ 'and ' if not loop.first }}reachable_traces.{{ key }}
            = straddling_windows.{{ key }}
            {%- endfor %}
),

preceded_days as (
    select
        exceeding_days.trace_number,
        exceeding_days.day_number,
        exceeding_days.exceedance,
        exceeding_days.odds,
        exceeding_days.breach_day_count
        - coalesce(preceded_traces.preceding_day_count, 0) as missing_day_count,
        coalesce(preceded_traces.is_leaving_day_above, false) as is_leaving_day_above
    from exceeding_days
    left join preceded_traces
        on
            exceeding_days.trace_number = preceded_traces.trace_number
            and exceeding_days.day_number = preceded_traces.day_number
),

surviving_days as (
    select
        trace_number,
        day_number,
        exceedance,
        missing_day_count,
        is_leaving_day_above,
        -- no breach so far says of a day that would have made one: it was not above
        case when missing_day_count <= 1 then 0e0 else odds end as odds
    from preceded_days
),

windowed_odds as (
    select
        trace_number,
        day_number,
        exceedance,
        missing_day_count,
        is_leaving_day_above,
        coalesce(sum(odds) over (
            {{ so_far }} between {{ window_days - 1 }} preceding and 1 preceding
        ), 0e0) as other_odds,
        coalesce(sum(odds * odds) over (
            {{ so_far }} between {{ window_days - 1 }} preceding and 1 preceding
        ), 0e0) as other_squared_odds,
        coalesce(lag(odds, {{ window_days }}) over (
            partition by trace_number order by day_number
        ), 0e0) as oldest_odds
    from surviving_days
),

hitting_probabilities as (
    select
        trace_number,
        day_number,
        exceedance,
        exceedance * case
            when missing_day_count <= 1 then 1e0
            -- as many others and the day that left would have been a breach
            when is_leaving_day_above then 0e0
            when missing_day_count = 2
                then other_odds / (1e0 + other_odds + oldest_odds)
            else
                {{ other_pairs }}
                / (
                    1e0 + other_odds + oldest_odds
                    + {{ other_pairs }} + other_odds * oldest_odds
                )
        end as completion
    from windowed_odds
)
{%- endmacro %}
