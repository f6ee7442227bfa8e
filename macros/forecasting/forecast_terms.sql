{#- Terms of the calendar design, in the order of the weights table. A day's value of a
    term is x_<term>, its projection weight w_<term>, a series' coefficient b_<term>. -#}
{% macro forecast_terms() -%}
    {{ return([
        'constant', 'trend',
        'weekday_2', 'weekday_3', 'weekday_4', 'weekday_5', 'weekday_6', 'weekday_7',
        'annual_sin_1', 'annual_cos_1', 'annual_sin_2', 'annual_cos_2',
        'annual_sin_3', 'annual_cos_3',
        'eoq_window', 'eoq_progress', 'quarter_last_5', 'quarter_last_10',
        'first_five', 'month_end', 'holiday',
    ]) }}
{%- endmacro %}

{#- The log usage that the calendar explains: coefficients times the day's terms. -#}
{% macro calendar_fit(coefficients, terms) -%}
    {%- for term in forecast_terms() -%}
        {%- if not loop.first %} + {% endif -%}
        {{ coefficients }}.b_{{ term }} * {{ terms }}.x_{{ term }}
    {%- endfor -%}
{%- endmacro %}
