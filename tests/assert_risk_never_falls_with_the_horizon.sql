-- One row per series and horizon whose risk is lower than at a shorter one: looking
-- further ahead finds more.
with ordered_risks as (
    select
        server_id,
        metric,
        horizon_days,
        case risk_level when 'very_high' then 2 when 'high' then 1 else 0 end
            as risk_rank,
        peak_forecast_p95_pct
    from {{ ref('rpt_capacity_risk') }}
),

compared_risks as (
    select
        *,
        lag(risk_rank) over (
            partition by server_id, metric order by horizon_days
        ) as nearer_risk_rank,
        lag(peak_forecast_p95_pct) over (
            partition by server_id, metric order by horizon_days
        ) as nearer_peak_pct
    from ordered_risks
)

select *
from compared_risks
where risk_rank < nearer_risk_rank or peak_forecast_p95_pct < nearer_peak_pct
