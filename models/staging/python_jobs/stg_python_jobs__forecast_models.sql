-- One row per server, metric, forecast model and parameter: the live models of the newest
-- published run.
with forecast_models as (
    select * from {{ source('python_jobs', 'forecast_models') }}
),

runs as (
    select * from {{ ref('stg_python_jobs__runs') }}
    where job = 'usage_forecasts'
),

published_forecast_models as (
    select
        forecast_models.server_id,
        forecast_models.metric,
        forecast_models.model as forecast_model,
        forecast_models.parameter,
        forecast_models.origin_date,
        forecast_models.as_of_date,
        forecast_models.value as parameter_value,
        forecast_models.run_id
    from forecast_models
    inner join runs on forecast_models.run_id = runs.run_id
)

select * from published_forecast_models
