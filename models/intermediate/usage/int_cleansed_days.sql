-- One row per server, metric and day: the measured value, and beside it the clean one.
-- Winsorised: a value further than 5 robust standard deviations from the median of the
-- last 28 days of the same kind (weekdays or weekends, without quarter ends, holidays
-- and the day itself) counts as that bound; but once two of the last three days were as
-- far out, usage has moved and is believed. A past without spread lets a day move by
-- 10 %, one of under 10 days by anything; quarter ends and holidays are never bounded.
-- Imputed: the first 3 days of a gap, by the same weekday's median of the past four
-- weeks, else by the last value; what follows is an outage. Nothing looks ahead.
{{ config(**daily_merge()) }}
{#- 14 weeks hold 28 weekend days -#}
{% set days_behind = 56 + 28 + 3 + 14 * 7 -%}
with usage_days as (
    select * from {{ ref('int_usage_days') }}
    {{ where_reprocessed('metric_date', days_behind) }}
),

{% set series -%} partition by server_id, metric order by metric_date {%- endset -%}
{% set past -%}
    partition by server_id, metric, is_weekend
            order by metric_date
            rows between 28 preceding and 1 preceding
{%- endset -%}
regular_days as (
    select
        *,
        not is_eoq_window and not is_holiday as is_regular,
        {{ iso_weekday('metric_date') }} >= 6 as is_weekend,
        case when not is_eoq_window and not is_holiday then measured_value end
            as regular_value
    from usage_days
),

past_windows as (
    select
        *,
        array_agg(regular_value) over ({{ past }}) as past_values,
        avg(regular_value) over ({{ past }}) as past_mean,
        stddev_samp(regular_value) over ({{ past }}) as past_deviation
    from regular_days
),

past_medians as (
    select
        *,
        {{ list_median('past_values') }} as past_median,
        {{ list_count('past_values') }} >= 10 as has_past
    from past_windows
),

past_spreads as (
    select
        *,
        case
            when has_past and round(past_deviation, 9) > 0e0
                then round((measured_value - past_mean) / past_deviation, 6)
        end as z_score,
        5e0 * greatest(
            1.4826e0 * {{ list_deviation('past_values', 'past_median') }},
            2e-2 * past_median
        ) as expected_distance
    from past_medians
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
        count(measured_value) over ({{ series }} rows unbounded preceding)
            as measured_day_count,
        max(case when measured_value is not null then metric_date end) over (
            {{ series }} rows unbounded preceding
        ) as last_measured_date,
        {{ past_weekday_median('capped_value', series) }} as weekday_value
    from capped_days
),

imputed_days as (
    select
        *,
        measured_value - weekday_value as seasonal_residual,
        case
            when measured_value is not null then capped_value
            when {{ days_between('last_measured_date', 'metric_date') }} <= 3
                then
                    coalesce(
                        weekday_value,
                        max(capped_value) over (
                            partition by server_id, metric, measured_day_count
                        )
                    )
        end as clean_value,
        avg(case when is_regular then abs(measured_value - weekday_value) end) over (
            {{ series }} rows between 56 preceding and 1 preceding
        ) as past_distance
    from compared_days
),

cleansed_days as (
    select
        server_id,
        metric,
        metric_date,
        usage_unit,
        capacity_value,
        calendar_id,
        statistic,
        sample_count,
        measured_value,
        clean_value,
        case
            when measured_value is null and clean_value is null then 'outage'
            when measured_value is null then 'imputed'
            when round(abs(capped_value - measured_value), 9) > 0e0 then 'capped'
            else 'measured'
        end as quality_flag,
        z_score,
        is_regular and coalesce(round(abs(z_score), 9) > 4e0, false)
            as is_zscore_anomaly,
        seasonal_residual,
        is_regular
        and coalesce(
            round(abs(seasonal_residual) - 5e0 * past_distance, 9) > 0e0, false
        ) as is_residual_anomaly,
        is_eoq_window,
        is_holiday
    from imputed_days
)

select * from cleansed_days
{{ where_reprocessed('metric_date') }}
