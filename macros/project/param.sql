{#- A value that the caller binds: in an analysis only the mark itself parses. The name
    behind it tells `capacity query` which value belongs to the mark. -#}
{% macro param(name) -%}
    {{ return("? /* " ~ name ~ " */") }}
{%- endmacro %}
