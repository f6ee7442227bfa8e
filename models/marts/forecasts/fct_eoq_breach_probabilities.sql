-- One row per series, risk level and quarter end ahead whose EOQ window lies whole within
-- the horizon: the probability that this window breaches.
with breach_days as (
    select * from {{ ref('int_breach_days') }}
    where origin_number = 0 and is_eoq_window
),

eoq_breach_probabilities as (
    select * from {{ ref('int_eoq_breach_probabilities') }}
),

series as (
    select * from {{ ref('int_series') }}
),

series_policies as (
    select * from {{ ref('int_series_policies') }}
),

as_of_dates as (
    select * from {{ ref('int_as_of_dates') }}
),

window_peaks as (
    select
        server_id,
        metric,
        risk_level,
        {{ quarter_end('target_date') }} as quarter_end_date,
        max(target_date) as last_target_date,
        min(day_number) as first_day_number,
        max(threshold_pct) as threshold_pct,
        max(forecast_log) as peak_forecast_log
    from breach_days
    group by server_id, metric, risk_level, {{ quarter_end('target_date') }}
),

window_probabilities as (
    select
        window_peaks.server_id,
        window_peaks.metric,
        window_peaks.risk_level,
        window_peaks.quarter_end_date,
        as_of_dates.as_of_date,
        {{ days_between('as_of_dates.as_of_date', 'window_peaks.quarter_end_date') }}
            as horizon_days,
        window_peaks.threshold_pct,
        series_policies.flag_probability,
        eoq_breach_probabilities.breach_probability,
        eoq_breach_probabilities.any_day_probability,
        100e0 * exp(window_peaks.peak_forecast_log) / series.capacity_value
            as peak_forecast_pct
    from window_peaks
    inner join eoq_breach_probabilities
        on
            window_peaks.server_id = eoq_breach_probabilities.server_id
            and window_peaks.metric = eoq_breach_probabilities.metric
            and window_peaks.risk_level = eoq_breach_probabilities.risk_level
            and window_peaks.last_target_date = eoq_breach_probabilities.target_date
    inner join series
        on
            window_peaks.server_id = series.server_id
            and window_peaks.metric = series.metric
    inner join series_policies
        on
            window_peaks.server_id = series_policies.server_id
            and window_peaks.metric = series_policies.metric
    cross join as_of_dates
    -- the window reaches its quarter end within the horizon
    where window_peaks.last_target_date = window_peaks.quarter_end_date
)

select * from window_probabilities
