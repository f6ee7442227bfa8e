{#- Date arithmetic that gives a date on every engine. -#}
{% macro add_days(date, days) -%}
    {{ return(adapter.dispatch('add_days')(date, days)) }}
{%- endmacro %}

{% macro default__add_days(date, days) -%}
    {{ return("date_add('day', " ~ days ~ ", " ~ date ~ ")") }}
{%- endmacro %}

{% macro duckdb__add_days(date, days) -%}
    {{ return("(" ~ date ~ " + cast(" ~ days ~ " as integer))") }}
{%- endmacro %}

{#- Whole days from one date to a later one, bigint. -#}
{% macro days_between(first_date, last_date) -%}
    {{ return("cast(date_diff('day', " ~ first_date ~ ", " ~ last_date ~ ") as bigint)") }}
{%- endmacro %}

{% macro trunc_month(date) -%}
    {{ return("cast(date_trunc('month', " ~ date ~ ") as date)") }}
{%- endmacro %}

{% macro trunc_quarter(date) -%}
    {{ return("cast(date_trunc('quarter', " ~ date ~ ") as date)") }}
{%- endmacro %}

{% macro trunc_year(date) -%}
    {{ return("cast(date_trunc('year', " ~ date ~ ") as date)") }}
{%- endmacro %}

{#- 1 = Monday … 7 = Sunday, bigint. -#}
{% macro iso_weekday(date) -%}
    {{ return(adapter.dispatch('iso_weekday')(date)) }}
{%- endmacro %}

{% macro default__iso_weekday(date) -%}
    {{ return("day_of_week(" ~ date ~ ")") }}
{%- endmacro %}

{% macro duckdb__iso_weekday(date) -%}
    {{ return("isodow(" ~ date ~ ")") }}
{%- endmacro %}

{#- Array of every date from the first to the last, for `cross join unnest(…)`.
    Athena stops at 10,000 entries: 27 years. -#}
{% macro dates_between(first_date, last_date) -%}
    {{ return(adapter.dispatch('dates_between')(first_date, last_date)) }}
{%- endmacro %}

{% macro default__dates_between(first_date, last_date) -%}
    {{ return("sequence(" ~ first_date ~ ", " ~ last_date ~ ", interval '1' day)") }}
{%- endmacro %}

{% macro duckdb__dates_between(first_date, last_date) -%}
    {{ return("cast(generate_series(" ~ first_date ~ ", " ~ last_date ~ ", interval 1 day) as date[])") }}
{%- endmacro %}

{#- Last day of the date's quarter. -#}
{% macro quarter_end(date) -%}
    {{ return(adapter.dispatch('quarter_end')(date)) }}
{%- endmacro %}

{% macro default__quarter_end(date) -%}
    {{ return(add_days("date_add('month', 3, " ~ trunc_quarter(date) ~ ")", -1)) }}
{%- endmacro %}

{% macro duckdb__quarter_end(date) -%}
    {{ return("cast(" ~ trunc_quarter(date) ~ " + interval '3' month - interval '1' day as date)") }}
{%- endmacro %}
