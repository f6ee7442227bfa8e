{#- CTE `judged_runs`, for tests that recompute what the job load_forecasts wrote: its run
    of the build's as-of date, unless something was loaded after it was published. Then
    the build knows data that the job did not, and the two may differ. -#}
{% macro judged_runs() -%}
judged_runs as (
    select runs.run_id
    from {{ source('python_jobs', 'runs') }} as runs
    cross join (
        select max(loaded_at) as loaded_at from {{ source('raw', 'loads') }}
    ) as newest_loads
    where
        runs.job = 'load_forecasts'
        and runs.status = 'published'
        and runs.as_of_date = (select max(as_of_date) from {{ ref('dim_series') }})
        and runs.published_at > newest_loads.loaded_at
)
{%- endmacro %}
