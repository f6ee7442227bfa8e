-- One row per server, metric and day, from the first measured day to the as-of date.
{{ config(**daily_merge()) }}
with cleansed_days as (
    select * from {{ ref('int_cleansed_days') }}
    {{ where_reprocessed('metric_date') }}
),

calendar_days as (
    select * from {{ ref('int_calendar_days') }}
),

server_days as (
    select
        cleansed_days.server_id,
        cleansed_days.metric,
        cleansed_days.metric_date,
        cleansed_days.usage_unit,
        cleansed_days.capacity_value,
        cleansed_days.statistic,
        cleansed_days.quality_flag,
        cleansed_days.sample_count,
        cleansed_days.measured_value,
        100e0 * cleansed_days.measured_value
        / nullif(cleansed_days.capacity_value, 0e0) as measured_pct,
        cleansed_days.clean_value,
        cleansed_days.z_score,
        cleansed_days.seasonal_residual,
        cleansed_days.is_zscore_anomaly,
        cleansed_days.is_residual_anomaly,
        cleansed_days.is_eoq_window,
        cleansed_days.is_holiday,
        coalesce(calendar_days.is_business_day, false) as is_business_day
    from cleansed_days
    left join calendar_days
        on
            cleansed_days.calendar_id = calendar_days.calendar_id
            and cleansed_days.metric_date = calendar_days.calendar_date
)

select * from server_days
