-- One row per calendar and date, from 2010 to the end of the second year after the
-- as-of date, so that every quarter is whole. The one definition of holidays and
-- quarter ends; the generator's calendar is held equal to it by a test.
with as_of_dates as (
    -- a row also while there is no as-of date
    select max(as_of_date) as as_of_date from {{ ref('int_as_of_dates') }}
),

holidays as (
    select * from {{ ref('holidays') }}
),

calendars as (
    select distinct calendar_id from holidays
),

calendar_dates as (
    select
        calendars.calendar_id,
        dates.calendar_date,
        {{ trunc_month('dates.calendar_date') }} as month_date,
        {{ trunc_quarter('dates.calendar_date') }} as quarter_date,
        {{ iso_weekday('dates.calendar_date') }} >= 6 as is_weekend
    from calendars
    cross join as_of_dates
    cross join unnest({{ dates_between(
        first_calendar_date(), last_calendar_date('as_of_dates.as_of_date')
    ) }}) as dates (calendar_date)
),

holiday_dates as (
    select
        calendar_dates.*,
        holidays.holiday_name,
        holidays.holiday_name is not null as is_holiday,
        not calendar_dates.is_weekend and holidays.holiday_name is null
            as is_business_day
    from calendar_dates
    left join holidays
        on
            calendar_dates.calendar_id = holidays.calendar_id
            and calendar_dates.calendar_date = holidays.holiday_date
),

{% set business_day -%} case when is_business_day then 1 else 0 end {%- endset -%}
numbered_dates as (
    select
        *,
        sum({{ business_day }}) over (
            partition by calendar_id, month_date order by calendar_date
        ) as month_day_number,
        sum({{ business_day }}) over (
            partition by calendar_id, month_date order by calendar_date desc
        ) as month_days_left,
        sum({{ business_day }}) over (
            partition by calendar_id, quarter_date order by calendar_date desc
        ) as quarter_days_left,
        max(calendar_date) over (partition by calendar_id, quarter_date)
            as quarter_end_date
    from holiday_dates
),

bounded_dates as (
    select
        *,
        min(case when month_day_number >= 5 then calendar_date end) over (
            partition by calendar_id, month_date
        ) as fifth_business_date,
        max(case when month_days_left >= 1 then calendar_date end) over (
            partition by calendar_id, month_date
        ) as last_business_date,
        {%- for name, day_count in [
            ('eoq_window', design_value('eoq_business_days')),
            ('quarter_last_5', 5),
            ('quarter_last_10', 10),
        ] %}
            max(
                case when quarter_days_left >= {{ day_count }} then calendar_date end
            ) over (partition by calendar_id, quarter_date) as {{ name }}_date,
        {%- endfor %}
        100 * extract(month from calendar_date) + extract(day from calendar_date)
            as month_day
    from numbered_dates
),

calendar_days as (
    select
        calendar_id,
        calendar_date,
        is_weekend,
        is_holiday,
        holiday_name,
        is_business_day,
        case when is_business_day then cast(month_day_number as bigint) end
            as business_day_of_month,
        quarter_end_date,
        {{ days_between('calendar_date', 'quarter_end_date') }} as days_to_quarter_end,
        calendar_date >= eoq_window_date as is_eoq_window,
        case
            when calendar_date < eoq_window_date then 0e0
            else
                ({{ days_between('eoq_window_date', 'calendar_date') }} + 1e0)
                / ({{ days_between('eoq_window_date', 'quarter_end_date') }} + 1e0)
        end as eoq_progress,
        calendar_date >= quarter_last_5_date as is_quarter_last_5,
        calendar_date >= quarter_last_10_date as is_quarter_last_10,
        calendar_date <= fifth_business_date as is_first_five_business_days,
        calendar_date >= last_business_date as is_month_end,
        month_day >= 1215 or month_day <= 102 as is_year_end_freeze
    from bounded_dates
)

select * from calendar_days
