{#- Number of bits that are set in any of a group's masks, bigint: how many different small
    numbers there are, where each is a bit and a count of distinct ones would be slow. -#}
{% macro count_bits(masks) -%}
    {{ return(adapter.dispatch('count_bits')(masks)) }}
{%- endmacro %}

{% macro default__count_bits(masks) -%}
    {{ return("bit_count(" ~ any_bits(masks) ~ ", 64)") }}
{%- endmacro %}

{% macro duckdb__count_bits(masks) -%}
    {{ return("cast(bit_count(" ~ any_bits(masks) ~ ") as bigint)") }}
{%- endmacro %}

{#- The bits that are set in any of a group's masks, as a mask. -#}
{% macro any_bits(masks) -%}
    {{ return(adapter.dispatch('any_bits')(masks)) }}
{%- endmacro %}

{% macro default__any_bits(masks) -%}
    {{ return("bitwise_or_agg(" ~ masks ~ ")") }}
{%- endmacro %}

{% macro duckdb__any_bits(masks) -%}
    {{ return("bit_or(" ~ masks ~ ")") }}
{%- endmacro %}
