-- One row per series with a capacity and risk level: the usage above which a day counts,
-- by the series' policy, and what makes a breach and a flag of it.
with series as (
    select * from {{ ref('int_series') }}
    where capacity_value > 0e0
),

series_policies as (
    select * from {{ ref('int_series_policies') }}
),

chosen_thresholds as (
    select
        series.server_id,
        series.metric,
        series.capacity_value,
        risk_levels.risk_level,
        case
            when risk_levels.risk_level = 'high' then series_policies.high_threshold_pct
            else series_policies.very_high_threshold_pct
        end as threshold_pct,
        series_policies.breach_day_count,
        series_policies.flag_probability
    from series
    inner join series_policies
        on
            series.server_id = series_policies.server_id
            and series.metric = series_policies.metric
    cross join unnest(array['high', 'very_high']) as risk_levels (risk_level)
),

series_thresholds as (
    select
        server_id,
        metric,
        risk_level,
        threshold_pct,
        ln(threshold_pct / 100e0 * capacity_value) as threshold_log,
        breach_day_count,
        flag_probability
    from chosen_thresholds
)

select * from series_thresholds
