{#- Array of the whole numbers from the first to the last, for `cross join unnest(…)`. -#}
{% macro integers_between(first, last) -%}
    {{ return(adapter.dispatch('integers_between')(first, last)) }}
{%- endmacro %}

{% macro default__integers_between(first, last) -%}
    {{ return("sequence(" ~ first ~ ", " ~ last ~ ")") }}
{%- endmacro %}

{% macro duckdb__integers_between(first, last) -%}
    {{ return("generate_series(" ~ first ~ ", " ~ last ~ ")") }}
{%- endmacro %}
