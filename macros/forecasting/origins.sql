{#- The newest backtest origins, whose intervals and probabilities are published; older
    ones have too few known errors before them. -#}
{% macro calibrated_origin_count() -%}
    {{ return(5) }}
{%- endmacro %}

{#- The newest origins (273 days, the last fifth of four years) are held out: the older
    ones choose the champion. -#}
{% macro holdout_origin_count() -%}
    {{ return(3) }}
{%- endmacro %}
