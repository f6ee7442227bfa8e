{#- Weights of the newest day in a series' exponentially weighted level, in percent, that
    the SQL forecast chooses from. -#}
{% macro level_weights() -%}
    {{ return([1, 2, 5, 10]) }}
{%- endmacro %}

{#- The weight where no error is known yet to choose by. -#}
{% macro default_level_weight() -%}
    {{ return(5) }}
{%- endmacro %}
