-- One row per run, server and metric that the version before the run forecast, too: both
-- versions on the same days.
with forecast_drift as (
    select * from {{ source('python_jobs', 'forecast_drift') }}
),

staged_forecast_drift as (
    select
        server_id,
        metric,
        previous_as_of_date,
        as_of_date,
        model as forecast_model,
        previous_model,
        day_count,
        previous_absolute_error_sum,
        new_absolute_error_sum,
        actual_sum,
        change_day_count,
        absolute_change_sum,
        previous_forecast_sum,
        previous_run_id,
        run_id
    from forecast_drift
)

select * from staged_forecast_drift
