-- One row per series and horizon: how high the forecast rises by then, and when.
-- The model is that of the first day ahead; a job's forecast that ends early is followed
-- by the SQL forecast.
with usage_forecasts as (
    select * from {{ ref('fct_usage_forecasts') }}
),

compared_days as (
    select
        server_id,
        metric,
        as_of_date,
        target_date,
        horizon_days,
        forecast_model,
        forecast_pct,
        max(round(forecast_pct, 9)) over (
            partition by server_id, metric
            order by target_date
            rows between unbounded preceding and 1 preceding
        ) as past_peak_pct
    from usage_forecasts
),

{% set so_far = 'over (partition by server_id, metric order by target_date'
    ~ ' rows unbounded preceding)' -%}
cumulated_days as (
    select
        server_id,
        metric,
        horizon_days,
        as_of_date,
        first_value(forecast_model) {{ so_far }} as forecast_model,
        max(
            case
                when round(forecast_pct, 9) > coalesce(past_peak_pct, -1e0)
                    then target_date
            end
        ) {{ so_far }} as peak_date,
        max(forecast_pct) {{ so_far }} as peak_forecast_p95_pct,
        avg(forecast_pct) {{ so_far }} as mean_forecast_pct
    from compared_days
),

forecast_peaks as (
    select *
    from cumulated_days
    where horizon_days in ({{ risk_horizons() | join(', ') }})
)

select * from forecast_peaks
