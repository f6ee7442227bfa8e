-- One row per metric, forecast model, EOQ flag and band of the horizon: quantiles of the
-- standardised errors of the newest published run.
with forecast_error_quantiles as (
    select * from {{ source('python_jobs', 'forecast_error_quantiles') }}
),

runs as (
    select * from {{ ref('stg_python_jobs__runs') }}
    where job = 'usage_forecasts'
),

published_forecast_error_quantiles as (
    select
        forecast_error_quantiles.metric,
        forecast_error_quantiles.model as forecast_model,
        forecast_error_quantiles.is_eoq as is_eoq_window,
        forecast_error_quantiles.horizon_band,
        forecast_error_quantiles.as_of_date,
        forecast_error_quantiles.error_count,
        forecast_error_quantiles.error_q2_5,
        forecast_error_quantiles.error_q5,
        forecast_error_quantiles.error_q10,
        forecast_error_quantiles.error_q25,
        forecast_error_quantiles.error_q50,
        forecast_error_quantiles.error_q75,
        forecast_error_quantiles.error_q90,
        forecast_error_quantiles.error_q95,
        forecast_error_quantiles.error_q97_5,
        forecast_error_quantiles.run_id
    from forecast_error_quantiles
    inner join runs on forecast_error_quantiles.run_id = runs.run_id
)

select * from published_forecast_error_quantiles
