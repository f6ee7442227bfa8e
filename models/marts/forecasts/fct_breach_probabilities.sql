-- One row per series, risk level and day ahead: the probability that a breach, and that
-- any day above the threshold, has happened by the end of that day.
-- Series without a capacity, or whose metric has no backtests, have no rows: their risk
-- is unknown, not zero.
with breach_days as (
    select * from {{ ref('int_breach_days') }}
    where origin_number = 0
),

breach_probabilities as (
    select * from {{ ref('int_breach_probabilities') }}
    where origin_number = 0
),

series_policies as (
    select * from {{ ref('int_series_policies') }}
),

as_of_dates as (
    select * from {{ ref('int_as_of_dates') }}
),

dated_probabilities as (
    select
        breach_days.server_id,
        breach_days.metric,
        breach_days.risk_level,
        breach_days.target_date,
        as_of_dates.as_of_date,
        breach_days.day_number as horizon_days,
        breach_days.threshold_pct,
        series_policies.flag_probability,
        breach_probabilities.breach_probability,
        breach_probabilities.any_day_probability,
        max(
            case
                when breach_days.forecast_log > breach_days.threshold_log then 1 else 0
            end
        ) over (
            partition by
                breach_days.server_id, breach_days.metric, breach_days.risk_level
            order by breach_days.target_date
            rows unbounded preceding
        ) = 1 as is_predicted_above
    from breach_days
    inner join breach_probabilities
        on
            breach_days.server_id = breach_probabilities.server_id
            and breach_days.metric = breach_probabilities.metric
            and breach_days.risk_level = breach_probabilities.risk_level
            and breach_days.target_date = breach_probabilities.target_date
    inner join series_policies
        on
            breach_days.server_id = series_policies.server_id
            and breach_days.metric = series_policies.metric
    cross join as_of_dates
)

select * from dated_probabilities
