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
        bool_or(breach_probabilities.is_predicted_above) over (
            partition by
                breach_probabilities.server_id,
                breach_probabilities.metric,
                breach_probabilities.risk_level
            order by breach_probabilities.target_date
            rows unbounded preceding
        ) as is_predicted_above
    from breach_probabilities
    inner join series_thresholds
        on
            breach_probabilities.server_id = series_thresholds.server_id
            and breach_probabilities.metric = series_thresholds.metric
            and breach_probabilities.risk_level = series_thresholds.risk_level
    cross join as_of_dates
)

select * from dated_probabilities
