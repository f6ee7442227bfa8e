{#- CTEs up to `comparable_runs`, for tests that recompute what the job usage_forecasts wrote:
    its run of the build's as-of date, unless something was loaded after it was published.
    Then the build knows data that the job did not, and the two may differ. -#}
{% macro comparable_runs() -%}
runs as (
    select * from {{ source('python_jobs', 'runs') }}
    where job = 'usage_forecasts' and status = 'published'
),

newest_loads as (
    select max(loaded_at) as loaded_at from {{ source('raw', 'loads') }}
),

builds as (
    select max(as_of_date) as as_of_date from {{ ref('dim_series') }}
),

comparable_runs as (
    select runs.run_id
    from runs
    inner join builds on runs.as_of_date = builds.as_of_date
    inner join newest_loads on runs.published_at > newest_loads.loaded_at
)
{%- endmacro %}
