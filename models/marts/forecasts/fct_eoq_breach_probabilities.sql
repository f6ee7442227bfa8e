-- One row per series, risk level and quarter end ahead whose EOQ window lies whole within
-- the horizon: the probability that this window breaches.
with eoq_breach_probabilities as (
    select * from {{ ref('int_eoq_breach_probabilities') }}
    -- the window reaches its quarter end within the horizon
    where target_date = quarter_end_date
),

series_thresholds as (
    select * from {{ ref('int_series_thresholds') }}
),

as_of_dates as (
    select * from {{ ref('int_as_of_dates') }}
),

window_probabilities as (
    select
        eoq_breach_probabilities.server_id,
        eoq_breach_probabilities.metric,
        eoq_breach_probabilities.risk_level,
        eoq_breach_probabilities.quarter_end_date,
        as_of_dates.as_of_date,
        {{ days_between(
            'as_of_dates.as_of_date', 'eoq_breach_probabilities.quarter_end_date'
        ) }} as horizon_days,
        series_thresholds.threshold_pct,
        series_thresholds.flag_probability,
        eoq_breach_probabilities.breach_probability,
        eoq_breach_probabilities.any_day_probability
    from eoq_breach_probabilities
    inner join series_thresholds
        on
            eoq_breach_probabilities.server_id = series_thresholds.server_id
            and eoq_breach_probabilities.metric = series_thresholds.metric
            and eoq_breach_probabilities.risk_level = series_thresholds.risk_level
    cross join as_of_dates
)

select * from window_probabilities
