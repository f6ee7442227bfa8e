{#- Number of bits that are set in any of a group's masks, bigint: how many different small
    numbers there are, where each is a bit and a count of distinct ones would be slow. -#}
{% macro count_bits(masks) -%}
    {{ return(adapter.dispatch('count_bits')(masks)) }}
{%- endmacro %}

{% macro default__count_bits(masks) -%}
    {{ return("bit_count(bitwise_or_agg(" ~ masks ~ "), 64)") }}
{%- endmacro %}

{% macro duckdb__count_bits(masks) -%}
    {{ return("cast(bit_count(bit_or(" ~ masks ~ ")) as bigint)") }}
{%- endmacro %}
