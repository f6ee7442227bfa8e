-- One row per consolidation candidate with a metric at risk within any horizon, or whose
-- CPU or memory is silent or of unknown risk.
select
    actions.server_id,
    risks.metric,
    risks.horizon_days,
    risks.risk_level
from {{ ref('rpt_server_actions') }} as actions
inner join {{ ref('rpt_capacity_risk') }} as risks
    on actions.server_id = risks.server_id
inner join {{ ref('rpt_data_quality') }} as qualities
    on risks.server_id = qualities.server_id and risks.metric = qualities.metric
where
    actions.recommended_action = 'consolidation_candidate'
    and (
        risks.risk_level in ('high', 'very_high')
        or (
            risks.metric in ('cpu', 'memory')
            and (
                qualities.series_state != 'reporting'
                or risks.risk_level = 'not_enough_data'
            )
        )
    )
