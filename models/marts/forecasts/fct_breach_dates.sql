-- One row per series and risk level: the distribution of the breach date.
-- The quantiles are the first days by whose end a breach has happened with probability
-- .1, .5 and .9; null beyond the horizon.
with breach_probabilities as (
    select * from {{ ref('fct_breach_probabilities') }}
),

breach_dates as (
    select
        server_id,
        metric,
        risk_level,
        as_of_date,
        min(case when breach_probability >= 0.1e0 then target_date end)
            as breach_q10_date,
        min(case when breach_probability >= 0.5e0 then target_date end)
            as breach_q50_date,
        min(case when breach_probability >= 0.9e0 then target_date end)
            as breach_q90_date,
        min(case when breach_probability >= flag_probability then target_date end)
            as flagged_date,
        min(case when breach_probability >= flag_probability then horizon_days end)
            as flagged_days
    from breach_probabilities
    group by server_id, metric, risk_level, as_of_date
)

select * from breach_dates
