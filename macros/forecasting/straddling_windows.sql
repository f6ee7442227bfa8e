{#- CTE of the first days whose window holds measured days before the first: how many of
    those were above, and whether the day that left the window last was. -#}
{% macro straddling_windows(keys) -%}
{%- set window_days = var('breach_window_days') -%}
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
)
{%- endmacro %}
