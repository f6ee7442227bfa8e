-- One row per server, metric and day, without a missing value: what forecasts learn
-- from. A day that cleansing left open takes the same weekday's median of the past four
-- weeks, else the last value, however old: a missing day in a weighted sum would be a
-- usage of 1.
{{ config(**daily_merge(unsettled_days())) }}
with cleansed_days as (
    select * from {{ ref('int_cleansed_days') }}
    {{ where_reprocessed('metric_date', unsettled_days() + 28) }}
),

series as (
    select * from {{ ref('int_series') }}
),

{% set past -%} partition by series_number order by metric_date {%- endset -%}
numbered_series as (
    select
        *,
        row_number() over (order by server_id, metric) as series_number
    from series
),

numbered_days as (
    select
        numbered_series.series_number,
        cleansed_days.metric_date,
        cleansed_days.measured_value,
        cleansed_days.clean_value
    from cleansed_days
    inner join numbered_series
        on
            cleansed_days.server_id = numbered_series.server_id
            and cleansed_days.metric = numbered_series.metric
),

weekday_days as (
    select
        *,
        coalesce(
            clean_value,
            {{ past_weekday_median('clean_value', past) }}
        ) as weekday_value
    from numbered_days
),

known_days as (
    select
        *,
        {{ last_known('weekday_value', past) }} as known_value
    from weekday_days
    {{ where_reprocessed('metric_date', unsettled_days()) }}
),

filled_days as (
    select
        numbered_series.server_id,
        numbered_series.metric,
        known_days.metric_date,
        numbered_series.calendar_id,
        known_days.measured_value,
        {% if is_merging() -%}
            coalesce(known_days.known_value, previous_days.usage_value)
        {%- else -%}
            known_days.known_value
        {%- endif %} as usage_value,
        numbered_series.log_floor
    from known_days
    inner join numbered_series
        on known_days.series_number = numbered_series.series_number
    {%- if is_merging() %}
        left join {{ this }} as previous_days
            on
                numbered_series.server_id = previous_days.server_id
                and numbered_series.metric = previous_days.metric
                and previous_days.metric_date
                = date '{{ reprocessed_date(unsettled_days() + 1) }}'
    {%- endif %}
),

forecast_days as (
    select
        server_id,
        metric,
        metric_date,
        calendar_id,
        measured_value,
        usage_value,
        ln(greatest(usage_value, log_floor)) as log_usage,
        measured_value is null as is_filled
    from filled_days
)

select * from forecast_days
