-- One row per server and metric that was ever measured up to the as-of date, with the
-- risk policy in force.
with series as (
    select * from {{ ref('int_series') }}
),

series_policies as (
    select * from {{ ref('int_series_policies') }}
),

as_of_dates as (
    select * from {{ ref('int_as_of_dates') }}
),

classified_series as (
    select
        series.server_id,
        series.metric,
        as_of_dates.as_of_date,
        series.first_metric_date,
        series.last_measured_date,
        case
            when not series.is_active then 'decommissioned'
            when not series.is_reporting then 'not_reporting'
            else 'reporting'
        end as series_state,
        series.usage_unit,
        series.capacity_value,
        series.calendar_id,
        series.statistic,
        series.history_days,
        series.measured_day_count,
        series.log_floor,
        series_policies.high_threshold_pct,
        series_policies.very_high_threshold_pct,
        series_policies.breach_day_count,
        series_policies.breach_window_days,
        series_policies.flag_probability,
        series_policies.under_used_threshold_pct,
        series.is_active,
        series.is_reporting
    from series
    cross join as_of_dates
    inner join series_policies
        on
            series.server_id = series_policies.server_id
            and series.metric = series_policies.metric
)

select * from classified_series
