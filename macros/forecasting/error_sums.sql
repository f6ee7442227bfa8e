{#- Sums of forecast errors over days with measured_value, forecast_value and the
    forecast's quantiles, null where it has none: every published figure is a ratio of
    these. An error is forecast minus actual; pinball is the mean over the quantiles. -#}
{% macro error_sums() -%}
    {%- set error = '(forecast_value - measured_value)' -%}
    count(*) as day_count,
    sum({{ error }}) as error_sum,
    sum(abs({{ error }})) as absolute_error_sum,
    sum({{ error }} * {{ error }}) as squared_error_sum,
    sum(
        case when measured_value > 0e0 then abs({{ error }}) / measured_value else 0e0 end
    ) as percentage_error_sum,
    count(case when measured_value > 0e0 then 1 end) as percentage_day_count,
    sum(
        2e0 * abs({{ error }})
        / greatest(abs(measured_value) + abs(forecast_value), 1e-12)
    ) as symmetric_error_sum,
    sum(measured_value) as actual_sum,
    count(forecast_q50) as interval_day_count,
    sum(
        (
            {%- for suffix, per_mille in forecast_quantiles() %}
            {{ '+ ' if not loop.first }}greatest(
                {{ per_mille / 1000 }}e0 * (measured_value - forecast_{{ suffix }}),
                {{ (per_mille - 1000) / 1000 }}e0 * (measured_value - forecast_{{ suffix }})
            )
            {%- endfor %}
        ) / {{ forecast_quantiles() | length }}e0
    ) as pinball_sum,
    {%- for coverage, first, last in forecast_intervals() %}
    count(
        case
            when
                round(measured_value - forecast_{{ first }}, 9) >= 0e0
                and round(forecast_{{ last }} - measured_value, 9) >= 0e0
                then 1
        end
    ) as inside_{{ coverage }}_count{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
