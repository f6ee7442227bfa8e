{#- Sums of forecast errors over days with measured_value, forecast_value, log_error and
    the forecast's quantiles: every published figure is a ratio of these. An error is
    forecast minus actual; pinball is the mean over the nine quantiles. -#}
{% macro error_sums(has_quantiles=true) -%}
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
    sum(log_error) as log_error_sum,
    sum(log_error * log_error) as squared_log_error_sum,
    {%- if has_quantiles %}
    count(forecast_q50) as interval_day_count,
    sum(
        (
            {%- for suffix, per_mille in forecast_quantiles() %}
            {{ '+ ' if not loop.first }}greatest(
                {{ per_mille / 1000 }}e0 * (measured_value - forecast_{{ suffix }}),
                {{ (per_mille - 1000) / 1000 }}e0 * (measured_value - forecast_{{ suffix }})
            )
            {%- endfor %}
        ) / 9e0
    ) as pinball_sum,
    {%- for coverage, first, last in [(80, 'q10', 'q90'), (95, 'q2_5', 'q97_5')] %}
    count(
        case
            when
                round(measured_value - forecast_{{ first }}, 9) >= 0e0
                and round(forecast_{{ last }} - measured_value, 9) >= 0e0
                then 1
        end
    ) as inside_{{ coverage }}_count{{ ',' if not loop.last }}
    {%- endfor %}
    {%- else %}
    cast(0 as bigint) as interval_day_count,
    cast(null as double) as pinball_sum,
    cast(0 as bigint) as inside_80_count,
    cast(0 as bigint) as inside_95_count
    {%- endif %}
{%- endmacro %}
