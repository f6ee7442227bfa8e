-- One row per job: its newest published run that looks from no later than the as-of date.
with runs as (
    select * from {{ ref('stg_python_jobs__runs') }}
    where status = 'published'
),

as_of_dates as (
    select * from {{ ref('int_as_of_dates') }}
),

ranked_runs as (
    select
        runs.*,
        row_number() over (
            partition by runs.job
            order by runs.as_of_date desc, runs.published_at desc, runs.run_id asc
        ) as run_rank
    from runs
    inner join as_of_dates on runs.as_of_date <= as_of_dates.as_of_date
),

published_runs as (
    select
        job,
        run_id,
        as_of_date,
        row_count
    from ranked_runs
    where run_rank = 1
)

select * from published_runs
