{#- A condition that every row of a CTE meets, to be sorted by what follows. Read twice, the
    CTE's rows are all made before they are sorted: DuckDB otherwise sorts while it joins,
    and holds in memory, beside each other, what both could have spilled to disk. -#}
{% macro materialized_before_sorting(cte) -%}
    {{ return(adapter.dispatch('materialized_before_sorting')(cte)) }}
{%- endmacro %}

{% macro default__materialized_before_sorting(cte) -%}
    {{ return("") }}
{%- endmacro %}

{% macro duckdb__materialized_before_sorting(cte) -%}
    {{ return("where exists (select 1 from " ~ cte ~ " as made_rows)") }}
{%- endmacro %}
