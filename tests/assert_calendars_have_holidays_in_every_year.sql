-- One row per calendar and year without a single holiday: the seed ends too early, or a
-- region follows a calendar that it does not know.
with calendar_days as (
    select * from {{ ref('dim_calendar_days') }}
),

region_calendars as (
    select * from {{ ref('region_calendars') }}
),

empty_years as (
    select
        calendar_id,
        extract(year from calendar_date) as year_number
    from calendar_days
    group by calendar_id, extract(year from calendar_date)
    having count(holiday_name) = 0
),

unknown_calendars as (
    select
        region_calendars.calendar_id,
        cast(null as bigint) as year_number
    from region_calendars
    left join calendar_days
        on region_calendars.calendar_id = calendar_days.calendar_id
    where calendar_days.calendar_id is null
),

calendars_without_holidays as (
    select * from empty_years
    union all
    select * from unknown_calendars
)

select * from calendars_without_holidays
