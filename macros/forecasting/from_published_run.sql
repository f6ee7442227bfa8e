{#- Whether a row of a job's table is of the job's newest published run. -#}
{% macro from_published_run() -%}
    run_id in (
        select published_runs.run_id
        from {{ ref('int_published_runs') }} as published_runs
    )
{%- endmacro %}
