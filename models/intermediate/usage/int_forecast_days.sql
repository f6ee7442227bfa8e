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

{% set past -%} partition by server_id, metric order by metric_date {%- endset -%}
weekday_days as (
    select
        server_id,
        metric,
        metric_date,
        calendar_id,
        measured_value,
        coalesce(
            clean_value,
            {{ past_weekday_median('clean_value', past) }}
        ) as weekday_value
    from cleansed_days
),

numbered_days as (
    select
        *,
        count(weekday_value) over ({{ past }} rows unbounded preceding)
            as known_day_count
    from weekday_days
    {{ where_reprocessed('metric_date', unsettled_days()) }}
),

filled_days as (
    select
        numbered_days.*,
        coalesce(
            numbered_days.weekday_value,
            max(numbered_days.weekday_value) over (
                partition by
                    numbered_days.server_id,
                    numbered_days.metric,
                    numbered_days.known_day_count
            ){% if is_merging() %},
            previous_days.usage_value
            {%- endif %}
        ) as usage_value
    from numbered_days
    {%- if is_merging() %}
        left join {{ this }} as previous_days
            on
                numbered_days.server_id = previous_days.server_id
                and numbered_days.metric = previous_days.metric
                and previous_days.metric_date
                = date '{{ reprocessed_date(unsettled_days() + 1) }}'
    {%- endif %}
),

forecast_days as (
    select
        filled_days.server_id,
        filled_days.metric,
        filled_days.metric_date,
        filled_days.calendar_id,
        filled_days.measured_value,
        filled_days.usage_value,
        ln(greatest(filled_days.usage_value, series.log_floor)) as log_usage,
        filled_days.measured_value is null as is_filled
    from filled_days
    inner join series
        on
            filled_days.server_id = series.server_id
            and filled_days.metric = series.metric
)

select * from forecast_days
