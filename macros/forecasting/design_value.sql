{#- A number of the forecast design that the fitted models in Python go by as well: the
    value of a parameter of the seed forecast_design, as a scalar subquery. -#}
{% macro design_value(parameter, item='all') -%}
    (
        select max(forecast_design.value)
        from {{ ref('forecast_design') }} as forecast_design
        where
            forecast_design.parameter = '{{ parameter }}'
            and forecast_design.item = '{{ item }}'
    )
{%- endmacro %}
