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

{#- Median of a column over a window, without nulls; null of none. -#}
{% macro window_median(column, window) -%}
    {{ return(adapter.dispatch('window_median')(column, window)) }}
{%- endmacro %}

{% macro default__window_median(column, window) -%}
    {{ return(list_median("array_agg(" ~ column ~ ") over (" ~ window ~ ")")) }}
{%- endmacro %}

{% macro duckdb__window_median(column, window) -%}
    {{ return("median(" ~ column ~ ") over (" ~ window ~ ")") }}
{%- endmacro %}

{#- Median distance of a column over a window from its median. On Athena a lambda holds no
    window: the window's array, and then its median, are arguments of a lambda each. -#}
{% macro window_median_deviation(column, window) -%}
    {{ return(adapter.dispatch('window_median_deviation')(column, window)) }}
{%- endmacro %}

{% macro default__window_median_deviation(column, window) -%}
    {%- set distances = "transform(window_values, v -> abs(v - window_median))" -%}
    {%- set deviation = "window_median -> " ~ list_median(distances) -%}
    {{ return(
        "element_at(transform(array[array_agg(" ~ column ~ ") over (" ~ window ~ ")],"
        ~ " window_values -> element_at(transform(array["
        ~ list_median("window_values") ~ "], " ~ deviation ~ "), 1)), 1)"
    ) }}
{%- endmacro %}

{% macro duckdb__window_median_deviation(column, window) -%}
    {{ return("mad(" ~ column ~ ") over (" ~ window ~ ")") }}
{%- endmacro %}

{#- Last value of a column, up to the row, that is not null. -#}
{% macro last_known(column, window) -%}
    {{ return(adapter.dispatch('last_known')(column, window)) }}
{%- endmacro %}

{% macro default__last_known(column, window) -%}
    {{ return(
        "last_value(" ~ column ~ ") ignore nulls over ("
        ~ window ~ " rows unbounded preceding)"
    ) }}
{%- endmacro %}

{% macro duckdb__last_known(column, window) -%}
    {{ return(
        "last_value(" ~ column ~ " ignore nulls) over ("
        ~ window ~ " rows unbounded preceding)"
    ) }}
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
