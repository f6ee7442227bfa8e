-- One row per calendar and date from the first measured day to the last forecast one:
-- the terms that every series of the calendar shares, in the order of the design. Waves
-- are rounded: the last bit of a sine is each engine's own, and fits go their own ways.
with calendar_days as (
    select * from {{ ref('int_calendar_days') }}
),

as_of_dates as (
    select * from {{ ref('int_as_of_dates') }}
),

numbered_days as (
    select
        calendar_days.*,
        {{ iso_weekday('calendar_days.calendar_date') }} as weekday_number,
        (
            {{ days_between("date '1970-01-01'", 'calendar_days.calendar_date') }}
            - {{ design_value('trend_first_day') }}
        ) / {{ design_value('year_days') }} as trend_years
    from calendar_days
    inner join as_of_dates
        on
            calendar_days.calendar_date >= as_of_dates.first_metric_date
            and calendar_days.calendar_date
            <= {{ add_days('as_of_dates.as_of_date', var('horizon_days')) }}
),

calendar_terms as (
    select
        calendar_id,
        calendar_date,
        1e0 as x_constant,
        trend_years as x_trend,
        {%- for weekday_number in range(2, 8) %}
            case when weekday_number = {{ weekday_number }} then 1e0 else 0e0 end
                as x_weekday_{{ weekday_number }},
        {%- endfor %}
        {%- for wave_number in range(1, 4) %}
            round(sin({{ 2 * wave_number }}e0 * pi() * trend_years), 12)
                as x_annual_sin_{{ wave_number }},
            round(cos({{ 2 * wave_number }}e0 * pi() * trend_years), 12)
                as x_annual_cos_{{ wave_number }},
        {%- endfor %}
        case when is_eoq_window then 1e0 else 0e0 end as x_eoq_window,
        eoq_progress as x_eoq_progress,
        case when is_quarter_last_5 then 1e0 else 0e0 end as x_quarter_last_5,
        case when is_quarter_last_10 then 1e0 else 0e0 end as x_quarter_last_10,
        case when is_first_five_business_days then 1e0 else 0e0 end as x_first_five,
        case when is_month_end then 1e0 else 0e0 end as x_month_end,
        case when is_holiday then 1e0 else 0e0 end as x_holiday
    from numbered_days
)

select * from calendar_terms
