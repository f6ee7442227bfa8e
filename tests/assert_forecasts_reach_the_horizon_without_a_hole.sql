-- One row per series in service without exactly one forecast for every day ahead.
with forecast_counts as (
    select
        server_id,
        metric,
        count(*) as day_count,
        min(horizon_days) as first_day,
        max(horizon_days) as last_day
    from {{ ref('fct_usage_forecasts') }}
    group by server_id, metric
)

select
    series.server_id,
    series.metric,
    forecast_counts.day_count
from {{ ref('dim_series') }} as series
left join forecast_counts
    on
        series.server_id = forecast_counts.server_id
        and series.metric = forecast_counts.metric
where
    series.is_active
    and (
        forecast_counts.day_count is null
        or forecast_counts.day_count != {{ var('horizon_days') }}
        or forecast_counts.first_day != 1
        or forecast_counts.last_day != {{ var('horizon_days') }}
    )
