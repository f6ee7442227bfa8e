{#- The layer's name is the schema's name; on Athena behind the configurable prefix. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ layer_schema(custom_schema_name or 'marts') }}
{%- endmacro %}

{#- Schema of a layer, for models and for sources alike. -#}
{% macro layer_schema(layer) -%}
    {{ return(adapter.dispatch('layer_schema')(layer)) }}
{%- endmacro %}

{% macro default__layer_schema(layer) -%}
    {{ return(target.schema ~ '_' ~ layer) }}
{%- endmacro %}

{% macro duckdb__layer_schema(layer) -%}
    {{ return(layer) }}
{%- endmacro %}
