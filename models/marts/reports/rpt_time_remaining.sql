-- One row per series in service and risk level: when it breaches.
-- The dates are quantiles of the breach date: the first day by whose end the breach has
-- happened with probability .1, .5 and .9. A series in breach keeps the dates of its
-- next one; a series that stopped reporting is never said to be safe beyond the
-- horizon.
with series as (
    select * from {{ ref('dim_series') }}
    where is_active
),

series_usage as (
    select * from {{ ref('fct_series_usage') }}
),

breach_dates as (
    select * from {{ ref('fct_breach_dates') }}
),

levelled_series as (
    select
        series.server_id,
        series.metric,
        series.as_of_date,
        series.capacity_value,
        series.is_reporting,
        risk_levels.risk_level,
        case
            when risk_levels.risk_level = 'high' then series.high_threshold_pct
            else series.very_high_threshold_pct
        end as threshold_pct,
        case
            when risk_levels.risk_level = 'high' then series_usage.is_breached_high
            else series_usage.is_breached_very_high
        end as is_breached
    from series
    cross join unnest(array['high', 'very_high']) as risk_levels (risk_level)
    left join series_usage
        on
            series.server_id = series_usage.server_id
            and series.metric = series_usage.metric
),

classified_series as (
    select
        levelled_series.*,
        breach_dates.breach_q10_date,
        breach_dates.breach_q50_date,
        breach_dates.breach_q90_date,
        case
            when coalesce(levelled_series.capacity_value, 0e0) <= 0e0 then 'no_capacity'
            when levelled_series.is_breached then 'breached'
            when breach_dates.breach_q50_date is not null then 'within_horizon'
            when
                breach_dates.server_id is not null and levelled_series.is_reporting
                then 'beyond_horizon'
            else 'not_enough_data'
        end as status
    from levelled_series
    left join breach_dates
        on
            levelled_series.server_id = breach_dates.server_id
            and levelled_series.metric = breach_dates.metric
            and levelled_series.risk_level = breach_dates.risk_level
),

time_remaining as (
    select
        server_id,
        metric,
        risk_level,
        as_of_date,
        breach_q10_date,
        breach_q50_date,
        breach_q90_date,
        status,
        threshold_pct,
        case
            when status = 'breached' then 0
            when status = 'within_horizon'
                then {{ days_between('as_of_date', 'breach_q50_date') }}
        end as days_remaining
    from classified_series
)

select * from time_remaining
