{#- The published quantiles of a forecast: column suffix and probability in per mille.
    They name columns, so they stand here as well as in the seed forecast_design; a test
    holds the two equal, and so the intervals below. -#}
{% macro forecast_quantiles() -%}
    {{ return([
        ('q2_5', 25), ('q5', 50), ('q10', 100), ('q25', 250), ('q50', 500),
        ('q75', 750), ('q90', 900), ('q95', 950), ('q97_5', 975),
    ]) }}
{%- endmacro %}

{#- The published intervals: coverage in percent, and the quantiles that bound it. -#}
{% macro forecast_intervals() -%}
    {{ return([(80, 'q10', 'q90'), (95, 'q2_5', 'q97_5')]) }}
{%- endmacro %}

{#- Usage in its unit, from its logarithm; a percentage stays under 100. -#}
{% macro usage_from_log(log_usage, usage_unit) -%}
    case
        when {{ usage_unit }} = 'percent' and {{ log_usage }} > ln(100e0) then 100e0
        else exp({{ log_usage }})
    end
{%- endmacro %}
