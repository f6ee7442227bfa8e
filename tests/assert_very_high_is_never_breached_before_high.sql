-- One row per series that would breach the very high threshold before the high one.
select
    high.server_id,
    high.metric
from {{ ref('rpt_time_remaining') }} as high
inner join {{ ref('rpt_time_remaining') }} as very_high
    on
        high.server_id = very_high.server_id
        and high.metric = very_high.metric
        and high.risk_level = 'high'
        and very_high.risk_level = 'very_high'
where
    very_high.days_remaining < high.days_remaining
    or (very_high.days_remaining is not null and high.days_remaining is null)
