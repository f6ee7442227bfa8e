{#- The published quantiles of a forecast: column suffix and probability in per mille. -#}
{% macro forecast_quantiles() -%}
    {{ return([
        ('q2_5', 25), ('q5', 50), ('q10', 100), ('q25', 250), ('q50', 500),
        ('q75', 750), ('q90', 900), ('q95', 950), ('q97_5', 975),
    ]) }}
{%- endmacro %}

{#- Bands of the horizon within which forecast errors are alike: their last days. An EOQ
    window is rare, so its errors share wider bands. -#}
{% macro horizon_band(horizon_days, is_eoq_window) -%}
    cast(case
        when {{ is_eoq_window }} and {{ horizon_days }} <= 91 then 91
        when {{ horizon_days }} <= 10 then 10
        when {{ horizon_days }} <= 30 then 30
        when {{ horizon_days }} <= 60 then 60
        when {{ horizon_days }} <= 91 then 91
        when {{ horizon_days }} <= 182 then 182
        when {{ horizon_days }} <= 273 then 273
        else 400
    end as bigint)
{%- endmacro %}

{#- A quantile of the forecast in its unit, from the log forecast, the series' spread and
    a quantile of standardised log errors; a percentage stays under 100. -#}
{% macro usage_from_log(log_usage, usage_unit) -%}
    case
        when {{ usage_unit }} = 'percent' and {{ log_usage }} > ln(100e0) then 100e0
        else exp({{ log_usage }})
    end
{%- endmacro %}
