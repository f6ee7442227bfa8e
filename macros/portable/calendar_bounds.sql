{#- First day of every calendar: loads before it are not read. -#}
{% macro first_calendar_date() -%}
    {{ return("date '2010-01-01'") }}
{%- endmacro %}

{#- Last day of every calendar: the end of the second year after the as-of date, or of
    2012 when nothing is loaded. 1,098 days after a New Year lies in the third January. -#}
{% macro last_calendar_date(as_of_date) -%}
    {%- set new_year = trunc_year(
        "coalesce(" ~ as_of_date ~ ", " ~ first_calendar_date() ~ ")"
    ) -%}
    {{ return(add_days(trunc_year(add_days(new_year, 1098)), -1)) }}
{%- endmacro %}
