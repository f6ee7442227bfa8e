-- One row per server, metric, forecast model, origin and target day: the forecasts of
-- the newest published run.
with usage_forecasts as (
    select * from {{ source('python_jobs', 'usage_forecasts') }}
),

runs as (
    select * from {{ ref('stg_python_jobs__runs') }}
    where job = 'usage_forecasts'
),

published_usage_forecasts as (
    select
        usage_forecasts.server_id,
        usage_forecasts.metric,
        usage_forecasts.model as forecast_model,
        usage_forecasts.origin_number,
        usage_forecasts.target_date,
        usage_forecasts.origin_date,
        usage_forecasts.as_of_date,
        usage_forecasts.forecast_value,
        usage_forecasts.forecast_q2_5,
        usage_forecasts.forecast_q5,
        usage_forecasts.forecast_q10,
        usage_forecasts.forecast_q25,
        usage_forecasts.forecast_q50,
        usage_forecasts.forecast_q75,
        usage_forecasts.forecast_q90,
        usage_forecasts.forecast_q95,
        usage_forecasts.forecast_q97_5,
        usage_forecasts.run_id
    from usage_forecasts
    inner join runs on usage_forecasts.run_id = runs.run_id
)

select * from published_usage_forecasts
