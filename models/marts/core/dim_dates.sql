-- One row per date, with civil and fiscal attributes. The fiscal year is the civil one, as
-- for most banks.
with calendar_days as (
    select distinct calendar_date as date_day from {{ ref('int_calendar_days') }}
),

dates as (
    select
        date_day,
        cast(extract(year from date_day) as bigint) as year_number,
        cast(extract(quarter from date_day) as bigint) as quarter_of_year,
        cast(extract(month from date_day) as bigint) as month_of_year,
        cast(extract(day from date_day) as bigint) as day_of_month,
        cast({{ iso_weekday('date_day') }} as bigint) as iso_weekday,
        {{ trunc_month('date_day') }} as month_start_date,
        {{ trunc_quarter('date_day') }} as quarter_start_date,
        {{ trunc_year('date_day') }} as year_start_date
    from calendar_days
)

select * from dates
