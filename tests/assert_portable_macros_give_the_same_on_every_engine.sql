-- One row per macro of macros/portable whose result is not the one worked out by hand.
-- 2024-02-28 is a Wednesday of a leap year. Of 1 to 20 the P95 is the 19th; of 1, 2, 9
-- the median is 2 and the distances from it 1, 0, 7 have the median 1.
with numbers as (
    select cast(numbers.number as double) as number
    from (select 1 as one) as source
    cross join unnest({{ integers_between(1, 20) }}) as numbers (number)
),

dates as (
    select
        date '2024-02-28' as first_date,
        date '2024-03-01' as last_date
),

lists as (
    select
        array[2e0, null, 9e0, 1e0] as odd_values,
        array[4e0, 1e0] as even_values,
        array[cast(null as double)] as no_values
),

windows as (
    select
        day_number,
        {{ window_median('day_value', 'order by day_number') }} as middle,
        {{ window_median_deviation('day_value', 'order by day_number') }} as deviation,
        {{ last_known('day_value', 'order by day_number') }} as known_value
    from (
        values (1, 2e0), (2, null), (3, 9e0), (4, 1e0), (5, null)
    ) as days (day_number, day_value)
),

last_window as (
    select * from windows
    where day_number = 5
),

results as (
    select
        'nearest_rank' as macro_name,
        {{ nearest_rank('number', 95) }} = 19e0 as is_right
    from numbers
    union all
    select
        'nearest_rank of none' as macro_name,
        {{ nearest_rank('nullif(number, number)', 95) }} is null as is_right
    from numbers
    union all
    select
        'list_median odd' as macro_name,
        {{ list_median('odd_values') }} = 2e0 as is_right
    from lists
    union all
    select
        'list_median even' as macro_name,
        {{ list_median('even_values') }} = 2.5e0 as is_right
    from lists
    union all
    select
        'list_median of none' as macro_name,
        {{ list_median('no_values') }} is null as is_right
    from lists
    union all
    select
        'window_median' as macro_name,
        middle = 2e0 as is_right
    from last_window
    union all
    select
        'window_median_deviation' as macro_name,
        deviation = 1e0 as is_right
    from last_window
    union all
    select
        'last_known' as macro_name,
        known_value = 1e0 as is_right
    from last_window
    union all
    select
        'is_nan' as macro_name,
        {{ is_nan("cast('NaN' as double)") }} and not {{ is_nan('1e0') }} as is_right
    from lists
    union all
    select
        'add_days' as macro_name,
        {{ add_days('first_date', 2) }} = last_date as is_right
    from dates
    union all
    select
        'days_between' as macro_name,
        {{ days_between('first_date', 'last_date') }} = 2 as is_right
    from dates
    union all
    select
        'trunc_month' as macro_name,
        {{ trunc_month('first_date') }} = date '2024-02-01' as is_right
    from dates
    union all
    select
        'trunc_quarter' as macro_name,
        {{ trunc_quarter('last_date') }} = date '2024-01-01' as is_right
    from dates
    union all
    select
        'trunc_year' as macro_name,
        {{ trunc_year('last_date') }} = date '2024-01-01' as is_right
    from dates
    union all
    select
        'iso_weekday' as macro_name,
        {{ iso_weekday('first_date') }} = 3 as is_right
    from dates
    union all
    select
        'last_calendar_date' as macro_name,
        {{ last_calendar_date('first_date') }} = date '2026-12-31' as is_right
    from dates
    union all
    select
        'dates_between' as macro_name,
        count(*) = 3 and max(days.date_day) = max(dates.last_date) as is_right
    from dates
    cross join unnest({{ dates_between('first_date', 'last_date') }}) as days (date_day)
),

wrong_results as (
    select * from results
    where not coalesce(is_right, false)
)

select * from wrong_results
