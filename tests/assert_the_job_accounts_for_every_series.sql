-- One row per series in service of which the job says nothing, and per series of which it
-- says both or neither of a model and a reason.
with {{ comparable_runs() }},

series_states as (
    select * from {{ ref('fct_series_states') }}
),

series as (
    select * from {{ ref('dim_series') }}
    where is_active
),

runs_with_states as (
    select distinct series_states.run_id
    from series_states
    inner join comparable_runs on series_states.run_id = comparable_runs.run_id
),

series_without_states as (
    select
        series.server_id,
        series.metric,
        'no row' as fault
    from series
    cross join runs_with_states
    left join series_states
        on
            series.server_id = series_states.server_id
            and series.metric = series_states.metric
    where series_states.server_id is null
),

unclear_states as (
    select
        server_id,
        metric,
        'both or neither of a model and a reason' as fault
    from series_states
    where (job_model is null) = (rejection_reason is null)
)

select * from series_without_states
union all
select * from unclear_states
