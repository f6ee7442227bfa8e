{#- Whether a number is NaN: `NaN > 100` is true on DuckDB and false on Athena. -#}
{% macro is_nan(number) -%}
    {{ return(adapter.dispatch('is_nan')(number)) }}
{%- endmacro %}

{% macro default__is_nan(number) -%}
    {{ return("is_nan(cast(" ~ number ~ " as double))") }}
{%- endmacro %}

{% macro duckdb__is_nan(number) -%}
    {{ return("isnan(cast(" ~ number ~ " as double))") }}
{%- endmacro %}
