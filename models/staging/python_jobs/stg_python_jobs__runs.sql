-- One row per job and as-of date: the run of the job that was published.
with runs as (
    select * from {{ source('python_jobs', 'runs') }}
),

staged_runs as (
    select
        run_id,
        job,
        as_of_date,
        code_version,
        data_fingerprint,
        row_count,
        status,
        published_at
    from runs
)

select * from staged_runs
