-- One row per series, threshold and day where a breach, or any day above, is likelier
-- at the very high threshold than at the high one.
select
    high.server_id,
    high.metric,
    high.target_date
from {{ ref('fct_breach_probabilities') }} as high
inner join {{ ref('fct_breach_probabilities') }} as very_high
    on
        high.server_id = very_high.server_id
        and high.metric = very_high.metric
        and high.target_date = very_high.target_date
        and high.risk_level = 'high'
        and very_high.risk_level = 'very_high'
where
    very_high.breach_probability > high.breach_probability
    or very_high.any_day_probability > high.any_day_probability
