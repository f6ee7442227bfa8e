-- One row per run, server, metric, forecast model, origin and target day: a forecast.
with usage_forecasts as (
    select * from {{ source('python_jobs', 'usage_forecasts') }}
),

staged_usage_forecasts as (
    select
        server_id,
        metric,
        model as forecast_model,
        origin_number,
        target_date,
        origin_date,
        as_of_date,
        forecast_value,
        forecast_q2_5,
        forecast_q5,
        forecast_q10,
        forecast_q25,
        forecast_q50,
        forecast_q75,
        forecast_q90,
        forecast_q95,
        forecast_q97_5,
        run_id
    from usage_forecasts
)

select * from staged_usage_forecasts
