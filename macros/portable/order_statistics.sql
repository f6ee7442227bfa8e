{#- Exact nearest-rank percentile of an aggregated column, in integers: the same value on
    every engine. Null values do not count; null of none. -#}
{% macro nearest_rank(column, percent) -%}
    array_sort(array_agg({{ column }}) filter (where {{ column }} is not null))[
        (count({{ column }}) * {{ percent }} + 99) / 100
    ]
{%- endmacro %}

{#- Median of an array without its nulls; null of an empty one. -#}
{% macro list_median(values) -%}
    {{ return(adapter.dispatch('list_median')(values)) }}
{%- endmacro %}

{% macro default__list_median(values) -%}
    {%- set sorted = "array_sort(filter(" ~ values ~ ", x -> x is not null))" -%}
    {%- set size = "cardinality(filter(" ~ values ~ ", x -> x is not null))" -%}
    {{ return(
        "((element_at(" ~ sorted ~ ", nullif((" ~ size ~ " + 1) / 2, 0))"
        ~ " + element_at(" ~ sorted ~ ", nullif(" ~ size ~ " / 2 + 1, 0))) / 2e0)"
    ) }}
{%- endmacro %}

{% macro duckdb__list_median(values) -%}
    {{ return("list_median(" ~ values ~ ")") }}
{%- endmacro %}

{#- Median distance of an array's values from their median, which Athena wants given. -#}
{% macro list_deviation(values, median) -%}
    {{ return(adapter.dispatch('list_deviation')(values, median)) }}
{%- endmacro %}

{% macro default__list_deviation(values, median) -%}
    {{ return(list_median(
        "transform(" ~ values ~ ", v -> abs(v - " ~ median ~ "))"
    )) }}
{%- endmacro %}

{% macro duckdb__list_deviation(values, median) -%}
    {{ return("list_aggregate(" ~ values ~ ", 'mad')") }}
{%- endmacro %}

{#- Number of an array's values without its nulls. -#}
{% macro list_count(values) -%}
    {{ return(adapter.dispatch('list_count')(values)) }}
{%- endmacro %}

{% macro default__list_count(values) -%}
    {{ return("cardinality(filter(" ~ values ~ ", x -> x is not null))") }}
{%- endmacro %}

{% macro duckdb__list_count(values) -%}
    {{ return("list_aggregate(" ~ values ~ ", 'count')") }}
{%- endmacro %}

{#- Median of the same weekday in the past four weeks, over days without gaps. -#}
{% macro past_weekday_median(column, series) -%}
    {%- set values = [] -%}
    {%- for days in [7, 14, 21, 28] -%}
        {%- do values.append("lag(" ~ column ~ ", " ~ days ~ ") over (" ~ series ~ ")") -%}
    {%- endfor -%}
    {{ return(list_median("array[" ~ values | join(", ") ~ "]")) }}
{%- endmacro %}

{#- Distinct texts of an aggregated column, sorted, in one text. -#}
{% macro distinct_texts(column) -%}
    {{ return(adapter.dispatch('distinct_texts')(column)) }}
{%- endmacro %}

{% macro default__distinct_texts(column) -%}
    {{ return("array_join(array_sort(array_agg(distinct " ~ column ~ ")), ', ')") }}
{%- endmacro %}

{% macro duckdb__distinct_texts(column) -%}
    {{ return("array_to_string(array_sort(array_agg(distinct " ~ column ~ ")), ', ')") }}
{%- endmacro %}
