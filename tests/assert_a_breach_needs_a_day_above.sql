-- One row per series, risk level and day where a breach is likelier than any day above
-- the threshold, or where a probability falls as days go by.
with ordered_days as (
    select
        *,
        lag(breach_probability) over (
            partition by server_id, metric, risk_level order by target_date
        ) as past_breach_probability,
        lag(any_day_probability) over (
            partition by server_id, metric, risk_level order by target_date
        ) as past_any_day_probability
    from {{ ref('fct_breach_probabilities') }}
)

select *
from ordered_days
where
    breach_probability > any_day_probability
    or breach_probability < past_breach_probability
    or any_day_probability < past_any_day_probability
