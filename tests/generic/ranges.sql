{#- Each column lies within its bounds, both included; null is no bound, and a null value
    is in range. NaN is out of every range. -#}
{% test ranges(model, bounds) %}

select *
from {{ model }}
where
    {%- for column, (lowest, highest) in bounds.items() %}
    {{ 'or ' if not loop.first }}{{ is_nan(column) }}
    {%- if lowest is not none %}
    or {{ column }} < {{ lowest }}
    {%- endif %}
    {%- if highest is not none %}
    or {{ column }} > {{ highest }}
    {%- endif %}
    {%- endfor %}

{% endtest %}
