-- One row per job: its newest published run that looks from no later than the as-of
-- date.
with runs as (
    select * from {{ source('python_jobs', 'runs') }}
),

as_of_dates as (
    select * from {{ ref('int_as_of_dates') }}
),

ranked_runs as (
    select
        runs.run_id,
        runs.job,
        runs.as_of_date,
        runs.code_version,
        runs.data_fingerprint,
        runs.row_count,
        runs.published_at,
        row_number() over (
            partition by runs.job
            order by runs.as_of_date desc, runs.published_at desc, runs.run_id asc
        ) as run_rank
    from runs
    inner join as_of_dates on runs.as_of_date <= as_of_dates.as_of_date
    where runs.status = 'published'
),

newest_runs as (
    select
        run_id,
        job,
        as_of_date,
        code_version,
        data_fingerprint,
        row_count,
        published_at
    from ranked_runs
    where run_rank = 1
)

select * from newest_runs
