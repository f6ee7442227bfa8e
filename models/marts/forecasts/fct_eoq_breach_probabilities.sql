-- One row per series, risk level and quarter end ahead whose EOQ window lies whole within
-- the horizon: the probability that this window breaches.
with breach_days as (
    select * from {{ ref('int_breach_days') }}
    where origin_number = 0 and is_eoq_window
),

eoq_breach_probabilities as (
    select * from {{ ref('int_eoq_breach_probabilities') }}
),

series_policies as (
    select * from {{ ref('int_series_policies') }}
),

as_of_dates as (
    select * from {{ ref('int_as_of_dates') }}
),

quarter_windows as (
    select
        server_id,
        metric,
        risk_level,
        {{ quarter_end('target_date') }} as quarter_end_date,
        max(target_date) as last_target_date,
        max(threshold_pct) as threshold_pct
    from breach_days
    group by server_id, metric, risk_level, {{ quarter_end('target_date') }}
),

window_probabilities as (
    select
        quarter_windows.server_id,
        quarter_windows.metric,
        quarter_windows.risk_level,
        quarter_windows.quarter_end_date,
        as_of_dates.as_of_date,
        {{ days_between('as_of_dates.as_of_date', 'quarter_windows.quarter_end_date') }}
            as horizon_days,
        quarter_windows.threshold_pct,
        series_policies.flag_probability,
        eoq_breach_probabilities.breach_probability,
        eoq_breach_probabilities.any_day_probability
    from quarter_windows
    inner join eoq_breach_probabilities
        on
            quarter_windows.server_id = eoq_breach_probabilities.server_id
            and quarter_windows.metric = eoq_breach_probabilities.metric
            and quarter_windows.risk_level = eoq_breach_probabilities.risk_level
            and quarter_windows.last_target_date = eoq_breach_probabilities.target_date
    inner join series_policies
        on
            quarter_windows.server_id = series_policies.server_id
            and quarter_windows.metric = series_policies.metric
    cross join as_of_dates
    -- the window reaches its quarter end within the horizon
    where quarter_windows.last_target_date = quarter_windows.quarter_end_date
)

select * from window_probabilities
