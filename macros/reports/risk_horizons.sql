{#- Days ahead that risk is reported for: one month, two, three, six, a year. -#}
{% macro risk_horizons() -%}
    {{ return([30, 60, 90, 180, 365]) }}
{%- endmacro %}
