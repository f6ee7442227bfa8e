-- One row per server and metric: what the newest published run made of the series.
with series_states as (
    select * from {{ source('python_jobs', 'series_states') }}
),

runs as (
    select * from {{ ref('stg_python_jobs__runs') }}
    where job = 'usage_forecasts'
),

published_series_states as (
    select
        series_states.server_id,
        series_states.metric,
        series_states.as_of_date,
        series_states.state as history_state,
        series_states.model as job_model,
        series_states.reason as rejection_reason,
        series_states.window_days,
        series_states.level_shift_date,
        series_states.run_id
    from series_states
    inner join runs on series_states.run_id = runs.run_id
)

select * from published_series_states
