-- One row per server and metric that the version before the newest published run forecast,
-- too: both versions on the same days.
with forecast_drift as (
    select * from {{ source('python_jobs', 'forecast_drift') }}
),

runs as (
    select * from {{ ref('stg_python_jobs__runs') }}
    where job = 'usage_forecasts'
),

published_forecast_drift as (
    select
        forecast_drift.server_id,
        forecast_drift.metric,
        forecast_drift.previous_as_of_date,
        forecast_drift.as_of_date,
        forecast_drift.model as forecast_model,
        forecast_drift.previous_model,
        forecast_drift.day_count,
        forecast_drift.previous_absolute_error_sum,
        forecast_drift.new_absolute_error_sum,
        forecast_drift.actual_sum,
        forecast_drift.change_day_count,
        forecast_drift.absolute_change_sum,
        forecast_drift.previous_forecast_sum,
        forecast_drift.previous_run_id,
        forecast_drift.run_id
    from forecast_drift
    inner join runs on forecast_drift.run_id = runs.run_id
)

select * from published_forecast_drift
