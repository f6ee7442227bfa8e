{#- Settings of a model of days whose history is long. Without `reprocess_from` it is built
    anew. With it, its days from then on are merged, and those before are not read; a
    model whose rows also depend on younger days starts some days before. -#}
{% macro daily_merge(days_before=0) -%}
    {%- set first_date = reprocessed_date(days_before) -%}
    {{ return({
        'materialized': 'incremental',
        'incremental_strategy': 'merge',
        'unique_key': ['server_id', 'metric', 'metric_date'],
        'partitioned_by': ['month(metric_date)'],
        'full_refresh': first_date is none,
        'incremental_predicates':
            none if first_date is none else [merge_from('metric_date', first_date)],
    }) }}
{%- endmacro %}

{#- Whether only some days are processed. -#}
{% macro is_merging() -%}
    {{ return(reprocessed_date() is not none and is_incremental()) }}
{%- endmacro %}

{#- Condition on the days that a merge reads or delivers; nothing in a whole build. -#}
{% macro where_reprocessed(column, days_before=0) -%}
    {%- if is_merging() -%}
        where {{ column }} >= date '{{ reprocessed_date(days_before) }}'
    {%- endif -%}
{%- endmacro %}

{#- Days before the first one to process again whose logarithm may have moved: a series
    without a capacity takes its floor from its first 28 days. -#}
{% macro unsettled_days() -%}
    {{ return(27) }}
{%- endmacro %}

{#- Some days before the first day to process again; none: everything. -#}
{% macro reprocessed_date(days_before=0) -%}
    {%- set given_date = given(var('reprocess_from'), 'CAPACITY_REPROCESS_FROM') -%}
    {%- if given_date is none -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set first_date = modules.datetime.date.fromisoformat(given_date) -%}
    {{ return((first_date - modules.datetime.timedelta(days=days_before)).isoformat()) }}
{%- endmacro %}

{#- Condition that bounds a merge to the days from the given one: literal, or Athena scans
    the whole target. -#}
{% macro merge_from(column, first_date) -%}
    {{ return(adapter.dispatch('merge_from')(column, first_date)) }}
{%- endmacro %}

{% macro default__merge_from(column, first_date) -%}
    {{ return("target." ~ column ~ " >= date '" ~ first_date ~ "'") }}
{%- endmacro %}

{% macro duckdb__merge_from(column, first_date) -%}
    {{ return("DBT_INTERNAL_DEST." ~ column ~ " >= date '" ~ first_date ~ "'") }}
{%- endmacro %}
