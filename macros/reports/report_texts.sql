{#- Numbers as text, the same on every engine: a cast of a double is not. -#}
{% macro whole_text(number) -%}
    cast(cast(round({{ number }}) as bigint) as varchar)
{%- endmacro %}

{#- One digit after the point, as in 41.7. -#}
{% macro tenth_text(number) -%}
    cast(cast(round({{ number }}, 1) as decimal(12, 1)) as varchar)
{%- endmacro %}

{#- A breach that is there, as counted days; level is high or very_high. -#}
{% macro breach_text(rows, level) -%}
    'Above ' || {{ whole_text(rows ~ '.' ~ level ~ '_threshold_pct') }} || ' % on '
    || {{ whole_text(rows ~ '.' ~ level ~ '_day_count') }} || ' of the last '
    || {{ whole_text(rows ~ '.recent_day_count') }} || ' measured days'
{%- endmacro %}

{#- A breach ahead, as a probability beside the policy's flag. -#}
{% macro probability_text(rows, level) -%}
    'Breach of ' || {{ whole_text(rows ~ '.' ~ level ~ '_threshold_pct') }}
    || ' % within ' || cast({{ rows }}.horizon_days as varchar)
    || ' days has probability '
    || {{ tenth_text('100e0 * ' ~ rows ~ '.' ~ level ~ '_probability') }}
    || ' %, a flag begins at '
    || {{ whole_text('100e0 * ' ~ rows ~ '.flag_probability') }}
    || ' %'
{%- endmacro %}

{#- Why a series has its risk level within a horizon, for a manager to read. -#}
{% macro risk_reason(rows) -%}
    case {{ rows }}.risk_level
        {%- for level in ['very_high', 'high'] %}
        when '{{ level }}'
            then
                case
                    when {{ rows }}.is_breached_{{ level }}
                        then {{ breach_text(rows, level) }}
                    else {{ probability_text(rows, level) }}
                end
        {%- endfor %}
        when 'no_capacity' then 'Its capacity is not known'
        when 'not_enough_data'
            then
                case
                    when not {{ rows }}.is_reporting
                        then
                            'Not measured since '
                            || cast({{ rows }}.last_measured_date as varchar)
                    else 'Too few past forecasts of its metric to tell a probability'
                end
        when 'under_used'
            then
                'Averaged ' || {{ tenth_text(rows ~ '.mean_pct') }}
                || ' % over the last 364 days, under-used below '
                || {{ whole_text(rows ~ '.under_used_threshold_pct') }} || ' %'
        else {{ probability_text(rows, 'high') }}
    end
{%- endmacro %}

{#- Why a server has its recommended action, for a manager to read. -#}
{% macro action_reason() -%}
    case
        when urgency <= 3
            then
                metric
                || case
                    when is_breached_high
                        then
                            ' was above ' || {{ whole_text('high_threshold_pct') }}
                            || ' % on ' || {{ whole_text('high_day_count') }}
                            || ' of the last ' || {{ whole_text('recent_day_count') }}
                            || ' measured days'
                    else ''
                end
                || case when is_breached_high and flagged_date is not null
                    then ' and' else '' end
                || case
                    when flagged_date is not null
                        then
                            ' reaches ' || {{ whole_text('100e0 * flag_probability') }}
                            || ' % probability of a breach of '
                            || {{ whole_text('high_threshold_pct') }}
                            || ' % by ' || cast(flagged_date as varchar)
                    else ''
                end
                || case
                    when not is_reporting
                        then ', but was last measured on '
                            || cast(last_measured_date as varchar)
                    else ''
                end
        when reporting_metric_count < 2
            then 'CPU or memory is not measured now: nothing is decided without them'
        when unknown_metric_count > 0
            then 'CPU or memory has too little history for a probability of a breach'
        when spare_metric_count < 2 then 'No flag ahead, and CPU or memory is in use'
        when missed_quarter_count > 0
            then
                'CPU and memory are under-used, but the year has an unmeasured'
                || ' quarter end'
        else
            'CPU and memory are under-used, quarter ends included: ' || metric
            || ', the fuller one, averaged ' || {{ tenth_text('mean_pct') }}
            || ' % and reached ' || {{ tenth_text('eoq_peak_pct') }}
            || ' % in EOQ windows of the last 364 days'
    end
{%- endmacro %}
