-- One row per run, server and metric: what the run made of the series.
with series_states as (
    select * from {{ source('python_jobs', 'series_states') }}
),

staged_series_states as (
    select
        server_id,
        metric,
        as_of_date,
        state as history_state,
        model as job_model,
        reason as rejection_reason,
        window_days,
        level_shift_date,
        run_id
    from series_states
)

select * from staged_series_states
