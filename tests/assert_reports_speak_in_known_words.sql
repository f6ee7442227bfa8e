-- One row per word in a report that its description does not know.
select
    'risk_level' as column_name,
    risk_level as word
from {{ ref('rpt_capacity_risk') }}
where
    risk_level not in (
        'very_high', 'high', 'under_used', 'normal', 'no_capacity', 'not_enough_data'
    )
union all
select
    'status' as column_name,
    status as word
from {{ ref('rpt_time_remaining') }}
where
    status not in (
        'breached', 'within_horizon', 'beyond_horizon', 'no_capacity', 'not_enough_data'
    )
union all
select
    'recommended_action' as column_name,
    recommended_action as word
from {{ ref('rpt_server_actions') }}
where
    recommended_action not in (
        'immediate_upgrade',
        'plan_upgrade',
        'monitor',
        'consolidation_candidate',
        'none'
    )
union all
select
    'risk_level' as column_name,
    risk_level as word
from {{ ref('rpt_eoq_outlook') }}
where
    risk_level not in (
        'very_high', 'high', 'normal', 'no_capacity', 'not_enough_data'
    )
union all
select
    'cluster_name' as column_name,
    cluster_name as word
from {{ ref('rpt_fleet_clusters') }}
where
    cluster_name not in (
        'hot', 'growing', 'bursty', 'steady', 'idle', 'not_clustered'
    )
