{#- One row per key, and no null in it. With `newest_of`, a date column, only the rows of the
    newest date are read: the older ones were tested when they were it. -#}
{% test primary_key(model, columns, newest_of=none) %}

select
    {{ columns | join(', ') }},
    count(*) as row_count
from {{ model }}
{%- if newest_of %}
where {{ newest_of }} = (select max({{ newest_of }}) from {{ model }})
{%- endif %}
group by {{ columns | join(', ') }}
having
    count(*) > 1
    {%- for column in columns %}
    or {{ column }} is null
    {%- endfor %}

{% endtest %}
