-- One row per server, metric and day: the measured value, and beside it the clean one.
-- Capped: a value beyond what the series' own past lets expect, at that bound; but once
-- two of the last three days were as far out, the usage has moved and is believed.
-- Imputed: the first 3 days of a gap, by the same weekday's median of the past four
-- weeks, else by the last value; what follows is an outage. Nothing looks ahead.
{{ config(**daily_merge()) }}
{% set days_behind = 56 + 28 + 3 -%}
with usage_days as (
    select * from {{ ref('int_usage_days') }}
    {{ where_reprocessed('metric_date', days_behind) }}
),

windowed_days as (
    select * from {{ ref('int_windowed_days') }}
    {{ where_reprocessed('metric_date', days_behind) }}
),

{% set series -%} partition by server_id, metric order by metric_date {%- endset -%}
bounded_days as (
    select
        usage_days.*,
        not usage_days.is_eoq_window and not usage_days.is_holiday as is_regular,
        windowed_days.z_score,
        coalesce(windowed_days.bounded_value, usage_days.measured_value)
            as bounded_value
    from usage_days
    left join windowed_days
        on
            usage_days.server_id = windowed_days.server_id
            and usage_days.metric = windowed_days.metric
            and usage_days.metric_date = windowed_days.metric_date
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
