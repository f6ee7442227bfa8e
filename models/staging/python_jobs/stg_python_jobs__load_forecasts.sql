-- One row per server, metric, forecast model, origin and target day: the forecasts of
-- the newest published run.
with load_forecasts as (
    select * from {{ source('python_jobs', 'load_forecasts') }}
),

runs as (
    select * from {{ ref('stg_python_jobs__runs') }}
    where job = 'load_forecasts'
),

published_load_forecasts as (
    select
        load_forecasts.server_id,
        load_forecasts.metric,
        load_forecasts.model as forecast_model,
        load_forecasts.origin_number,
        load_forecasts.target_date,
        load_forecasts.origin_date,
        load_forecasts.as_of_date,
        load_forecasts.forecast_value,
        load_forecasts.forecast_p2_5,
        load_forecasts.forecast_p5,
        load_forecasts.forecast_p10,
        load_forecasts.forecast_p25,
        load_forecasts.forecast_p50,
        load_forecasts.forecast_p75,
        load_forecasts.forecast_p90,
        load_forecasts.forecast_p95,
        load_forecasts.forecast_p97_5,
        load_forecasts.run_id
    from load_forecasts
    inner join runs on load_forecasts.run_id = runs.run_id
)

select * from published_load_forecasts
