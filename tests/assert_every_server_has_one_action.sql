-- One row per server in service without an action, or with an action and no reason or,
-- but for none, no metric; and per action of a server that is not in service.
with as_of_dates as (
    select max(as_of_date) as as_of_date
    from {{ ref('dim_series') }}
),

servers as (
    select servers.server_id
    from {{ ref('dim_servers') }} as servers
    cross join as_of_dates
    where
        servers.is_current
        and coalesce(servers.decommissioned_date > as_of_dates.as_of_date, true)
)

select
    servers.server_id,
    actions.server_id as action_server_id
from servers
full outer join {{ ref('rpt_server_actions') }} as actions
    on servers.server_id = actions.server_id
where
    servers.server_id is null
    or actions.server_id is null
    or actions.reason is null
    or (actions.recommended_action = 'none') != (actions.binding_metric is null)
