-- One row per server, metric and day: the measured value, and beside it the clean one.
-- Winsorised: a value further than 5 robust standard deviations from the median of the
-- last 28 days of the same kind (weekdays or weekends, without quarter ends, holidays
-- and the day itself) counts as that bound; but once two of the last three days were as
-- far out, usage has moved and is believed. A past without spread lets a day move by
-- 10 %, one of under 10 days by anything; quarter ends and holidays are never bounded.
-- Imputed: the first 3 days of a gap, by the same weekday's median of the past four
-- weeks, else by the last value; what follows is an outage. Nothing looks ahead.
-- Windows sort by a number in place of two texts, and carry nothing that all days of a
-- series share.
{{ config(**daily_merge()) }}
{#- 14 weeks hold 28 weekend days -#}
{% set days_behind = 56 + 28 + 3 + 14 * 7 -%}
with usage_days as (
    select * from {{ ref('int_usage_days') }}
    {{ where_reprocessed('metric_date', days_behind) }}
),

numbered_series as (
    select
        server_id,
        metric,
        usage_unit,
        capacity_value,
        calendar_id,
        row_number() over (order by server_id, metric) as series_number
    from {{ ref('int_usage_days') }}
    {{ where_reprocessed('metric_date', days_behind) }}
    group by server_id, metric, usage_unit, capacity_value, calendar_id
),

{% set series -%} partition by series_number order by metric_date {%- endset -%}
{% set past -%}
    partition by series_number, is_weekend
            order by metric_date
            rows between 28 preceding and 1 preceding
{%- endset -%}
regular_days as (
    select
        numbered_series.series_number,
        usage_days.metric_date,
        usage_days.statistic,
        usage_days.sample_count,
        usage_days.measured_value,
        usage_days.is_eoq_window,
        usage_days.is_holiday,
        not usage_days.is_eoq_window and not usage_days.is_holiday as is_regular,
        {{ iso_weekday('usage_days.metric_date') }} >= 6 as is_weekend,
        case
            when not usage_days.is_eoq_window and not usage_days.is_holiday
                then usage_days.measured_value
        end as regular_value
    from usage_days
    inner join numbered_series
        on
            usage_days.server_id = numbered_series.server_id
            and usage_days.metric = numbered_series.metric
),

past_windows as (
    select
        *,
        count(regular_value) over ({{ past }}) >= 10 as has_past,
        avg(regular_value) over ({{ past }}) as past_mean,
        stddev_samp(regular_value) over ({{ past }}) as past_deviation,
        {{ window_median('regular_value', past) }} as past_median,
        {{ window_median_deviation('regular_value', past) }} as past_median_deviation
    from regular_days
),

past_spreads as (
    select
        *,
        case
            when has_past and round(past_deviation, 9) > 0e0
                then round((measured_value - past_mean) / past_deviation, 6)
        end as z_score,
        5e0 * greatest(1.4826e0 * past_median_deviation, 2e-2 * past_median)
            as expected_distance
    from past_windows
),

bounded_days as (
    select
        *,
        case
            when is_regular and has_past and measured_value is not null
                then
                    least(
                        greatest(
                            measured_value, past_median - expected_distance, 0e0
                        ),
                        past_median + expected_distance
                    )
            else measured_value
        end as bounded_value
    from past_spreads
),

capped_days as (
    select
        *,
        case
            when
                sum(
                    case
                        when round(abs(measured_value - bounded_value), 9) > 0e0 then 1
                        else 0
                    end
                ) over ({{ series }} rows between 3 preceding and 1 preceding) >= 2
                then measured_value
            else bounded_value
        end as capped_value
    from bounded_days
),

compared_days as (
    select
        *,
        {{ past_weekday_median('capped_value', series) }} as weekday_value,
        coalesce(
            lag(capped_value) over ({{ series }}),
            lag(capped_value, 2) over ({{ series }}),
            lag(capped_value, 3) over ({{ series }})
        ) as last_value
    from capped_days
),

imputed_days as (
    select
        *,
        measured_value - weekday_value as seasonal_residual,
        case
            when measured_value is not null then capped_value
            when last_value is not null then coalesce(weekday_value, last_value)
        end as clean_value,
        avg(case when is_regular then abs(measured_value - weekday_value) end) over (
            {{ series }} rows between 56 preceding and 1 preceding
        ) as past_distance
    from compared_days
),

judged_days as (
    select
        *,
        case
            when measured_value is null and clean_value is null then 'outage'
            when measured_value is null then 'imputed'
            when round(abs(capped_value - measured_value), 9) > 0e0 then 'capped'
            else 'measured'
        end as quality_flag,
        is_regular and coalesce(round(abs(z_score), 9) > 4e0, false)
            as is_zscore_anomaly,
        is_regular
        and coalesce(
            round(abs(seasonal_residual) - 5e0 * past_distance, 9) > 0e0, false
        ) as is_residual_anomaly
    from imputed_days
    {{ where_reprocessed('metric_date') }}
),

cleansed_days as (
    select
        numbered_series.server_id,
        numbered_series.metric,
        judged_days.metric_date,
        numbered_series.usage_unit,
        numbered_series.capacity_value,
        numbered_series.calendar_id,
        judged_days.statistic,
        judged_days.sample_count,
        judged_days.measured_value,
        judged_days.clean_value,
        judged_days.quality_flag,
        judged_days.z_score,
        judged_days.is_zscore_anomaly,
        judged_days.seasonal_residual,
        judged_days.is_residual_anomaly,
        judged_days.is_eoq_window,
        judged_days.is_holiday
    from judged_days
    inner join numbered_series
        on judged_days.series_number = numbered_series.series_number
)

select * from cleansed_days
