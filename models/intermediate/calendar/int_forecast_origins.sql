-- One row per day that forecasts start from: 0 is the as-of date, 1 and more are the
-- backtests back in time, as long as the fleet has 28 days before them.
with as_of_dates as (
    select * from {{ ref('int_as_of_dates') }}
),

spaced_origins as (
    select
        cast(origins.origin_number as bigint) as origin_number,
        {{ add_days(
            'as_of_dates.as_of_date',
            '-' ~ var('backtest_spacing_days') ~ ' * origins.origin_number'
        ) }} as origin_date,
        as_of_dates.first_metric_date
    from as_of_dates
    cross join unnest({{ integers_between(0, var('backtest_origin_count')) }})
        as origins (origin_number)
),

origins as (
    select
        origin_number,
        origin_date
    from spaced_origins
    where
        origin_number = 0
        or origin_date > {{ add_days('first_metric_date', 27) }}
)

select * from origins
