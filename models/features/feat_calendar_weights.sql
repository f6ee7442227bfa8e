-- One row per calendar and date: the terms of the shared design, the days that
-- forecasts start from, and whether the day is known.
with calendar_terms as (
    select * from {{ ref('int_calendar_terms') }}
),

origins as (
    select * from {{ ref('int_forecast_origins') }}
),

as_of_dates as (
    select * from {{ ref('int_as_of_dates') }}
),

design_days as (
    select
        calendar_terms.*,
        origins.origin_number,
        calendar_terms.calendar_date <= as_of_dates.as_of_date as is_history
    from calendar_terms
    cross join as_of_dates
    left join origins on calendar_terms.calendar_date = origins.origin_date
)

select * from design_days
