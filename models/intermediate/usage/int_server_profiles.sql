-- One row per server and metric measured in the 364 days up to the as-of date: how high
-- its usage is and how it behaves. All from measured values; a ratio that has no days on
-- one of its sides is null.
-- Regular days are business days outside quarter-end windows. Growth compares days with
-- the same weekday 52 weeks before, so the season of the year is in both.
with cleansed_days as (
    select * from {{ ref('int_cleansed_days') }}
),

calendar_days as (
    select * from {{ ref('int_calendar_days') }}
),

as_of_dates as (
    select * from {{ ref('int_as_of_dates') }}
),

{% set series -%}
    partition by cleansed_days.server_id, cleansed_days.metric
            order by cleansed_days.metric_date
{%- endset -%}
dated_days as (
    select
        cleansed_days.server_id,
        cleansed_days.metric,
        cleansed_days.metric_date,
        cleansed_days.capacity_value,
        cleansed_days.measured_value,
        calendar_days.is_weekend,
        calendar_days.is_holiday,
        calendar_days.is_business_day and calendar_days.is_eoq_window as is_eoq_day,
        calendar_days.is_business_day and not calendar_days.is_eoq_window
            as is_regular_day,
        cleansed_days.seasonal_residual
        / nullif(cleansed_days.measured_value - cleansed_days.seasonal_residual, 0e0)
            as residual_ratio,
        lag(cleansed_days.measured_value, 364) over ({{ series }}) as year_ago_value
    from cleansed_days
    inner join calendar_days
        on
            cleansed_days.calendar_id = calendar_days.calendar_id
            and cleansed_days.metric_date = calendar_days.calendar_date
),

recent_days as (
    select
        dated_days.*,
        lag(dated_days.residual_ratio) over (
            partition by dated_days.server_id, dated_days.metric
            order by dated_days.metric_date
        ) as last_residual_ratio
    from dated_days
    inner join as_of_dates
        on
            dated_days.metric_date
            > {{ add_days('as_of_dates.as_of_date', -364) }}
),

measured_profiles as (
    select
        server_id,
        metric,
        capacity_value,
        count(measured_value) as measured_day_count,
        avg(measured_value) as mean_value,
        {{ nearest_rank('measured_value', 95) }} as peak_value,
        avg(case when is_regular_day then measured_value end) as regular_mean,
        stddev_samp(case when is_regular_day then measured_value end)
            as regular_deviation,
        avg(case when is_weekend and not is_holiday then measured_value end)
            as weekend_mean,
        avg(case when is_eoq_day then measured_value end) as eoq_mean,
        avg(case when is_holiday and not is_weekend then measured_value end)
            as holiday_mean,
        sum(case when year_ago_value is not null then measured_value end)
            as paired_sum,
        sum(case when measured_value is not null then year_ago_value end)
            as year_ago_sum,
        corr(residual_ratio, last_residual_ratio) as residual_correlation
    from recent_days
    group by server_id, metric, capacity_value
),

server_profiles as (
    select
        server_id,
        metric,
        measured_day_count,
        100e0 * mean_value / nullif(capacity_value, 0e0) as p95_level_pct,
        100e0 * peak_value / nullif(capacity_value, 0e0) as peak_pct,
        weekend_mean / nullif(regular_mean, 0e0) as weekend_ratio,
        eoq_mean / nullif(regular_mean, 0e0) as eoq_uplift_ratio,
        holiday_mean / nullif(regular_mean, 0e0) as holiday_ratio,
        regular_deviation / nullif(regular_mean, 0e0) as spread_ratio,
        paired_sum / nullif(year_ago_sum, 0e0) as growth_ratio_year,
        case
            when not {{ is_nan('residual_correlation') }}
                then greatest(least(residual_correlation, 1e0), -1e0)
        end as persistence
    from measured_profiles
    where measured_day_count > 0
)

select * from server_profiles
