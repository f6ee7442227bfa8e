{#- The published quantiles of a forecast: column suffix and probability in per mille. -#}
{% macro forecast_quantiles() -%}
    {{ return([
        ('p2_5', 25), ('p5', 50), ('p10', 100), ('p25', 250), ('p50', 500),
        ('p75', 750), ('p90', 900), ('p95', 950), ('p97_5', 975),
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
{% macro load_from_log(log_load, load_unit) -%}
    case
        when {{ load_unit }} = 'percent' and {{ log_load }} > ln(100e0) then 100e0
        else exp({{ log_load }})
    end
{%- endmacro %}
