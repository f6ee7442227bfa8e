-- One row per series, risk level and day ahead: the probability that a breach, and that
-- any day above the threshold, has happened by the end of that day.
-- Series without a capacity, or whose metric has no backtests, have no rows: their risk
-- is unknown, not zero.
with breach_probabilities as (
    select * from {{ ref('int_breach_probabilities') }}
),

series_thresholds as (
    select * from {{ ref('int_series_thresholds') }}
),

as_of_dates as (
    select * from {{ ref('int_as_of_dates') }}
),

first_days_above as (
    select
        server_id,
        metric,
        risk_level,
        min(target_date) as first_date
    from breach_probabilities
    where is_predicted_above
    group by server_id, metric, risk_level
),

dated_probabilities as (
    select
        breach_probabilities.server_id,
        breach_probabilities.metric,
        breach_probabilities.risk_level,
        breach_probabilities.target_date,
        as_of_dates.as_of_date,
        breach_probabilities.day_number as horizon_days,
        series_thresholds.threshold_pct,
        series_thresholds.flag_probability,
        breach_probabilities.breach_probability,
        breach_probabilities.any_day_probability,
        coalesce(breach_probabilities.target_date >= first_days_above.first_date, false)
            as is_predicted_above
    from breach_probabilities
    inner join series_thresholds
        on
            breach_probabilities.server_id = series_thresholds.server_id
            and breach_probabilities.metric = series_thresholds.metric
            and breach_probabilities.risk_level = series_thresholds.risk_level
    left join first_days_above
        on
            breach_probabilities.server_id = first_days_above.server_id
            and breach_probabilities.metric = first_days_above.metric
            and breach_probabilities.risk_level = first_days_above.risk_level
    cross join as_of_dates
)

select * from dated_probabilities
