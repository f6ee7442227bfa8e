{#- CTEs from `exceeding_days` to `hitting_probabilities`: per trace and day the chance that it
    completes a breach, when there was none so far. -#}
{% macro hitting_probabilities() -%}
{%- set window_days = var('breach_window_days') -%}
{#- sum of the products of two odds of the other days of the window -#}
{%- set other_pairs = '(other_odds * other_odds - other_squared_odds) / 2e0' -%}
{%- set so_far -%}
    partition by trace_number order by day_number rows
{%- endset -%}
surviving_days as (
    select
        trace_number,
        day_number,
        exceedance,
        missing_day_count,
        is_leaving_day_above,
        -- no breach so far says of a day that would have made one: it was not above
        case when missing_day_count <= 1 then 0e0 else odds end as odds
    from exceeding_days
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
