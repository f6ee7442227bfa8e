-- One row per server to be upgraded now whose binding metric is not flagged within 30 days:
-- a quarter end that is over is no reason to hurry.
select
    actions.server_id,
    actions.binding_metric,
    risks.high_probability
from {{ ref('rpt_server_actions') }} as actions
inner join {{ ref('rpt_capacity_risk') }} as risks
    on
        actions.server_id = risks.server_id
        and actions.binding_metric = risks.metric
        and risks.horizon_days = 30
inner join {{ ref('dim_series') }} as series
    on
        actions.server_id = series.server_id
        and actions.binding_metric = series.metric
where
    actions.recommended_action = 'immediate_upgrade'
    and coalesce(risks.high_probability < series.flag_probability, true)
