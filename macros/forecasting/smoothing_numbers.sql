{#- Numbers of the smoothing parameters (weights of the newest day in a series'
    exponentially weighted level) that the SQL forecast chooses from: items of the
    parameter smoothing_parameter of forecast_design, a test holds the two equal. -#}
{% macro smoothing_numbers() -%}
    {{ return(range(1, 5) | list) }}
{%- endmacro %}
