-- One row per server, metric and measured day that has 10 regular days behind it: the
-- day against the series' own past.
-- The past is the last 28 days of the same kind, weekdays or weekends, without quarter
-- ends, holidays and the day itself. What a regular day may be lies within 5 robust
-- standard deviations of the past's median; of quarter ends and holidays nothing is
-- expected. A past without spread still lets a day move by 10 %.
{{ config(**daily_merge()) }}
with usage_days as (
    select * from {{ ref('int_usage_days') }}
    {{ where_reprocessed('metric_date', 14 * 7) }}
),

{% set past -%}
    partition by server_id, metric, is_weekend
            order by metric_date
            rows between 28 preceding and 1 preceding
{%- endset -%}
regular_days as (
    select
        server_id,
        metric,
        metric_date,
        measured_value,
        is_eoq_window or is_holiday as is_exceptional,
        {{ iso_weekday('metric_date') }} >= 6 as is_weekend,
        case when not is_eoq_window and not is_holiday then measured_value end
            as regular_value
    from usage_days
),

past_windows as (
    select
        server_id,
        metric,
        metric_date,
        measured_value,
        is_exceptional,
        array_agg(regular_value) over ({{ past }}) as past_values,
        avg(regular_value) over ({{ past }}) as past_mean,
        stddev_samp(regular_value) over ({{ past }}) as past_deviation
    from regular_days
),

past_medians as (
    select
        server_id,
        metric,
        metric_date,
        measured_value,
        is_exceptional,
        past_values,
        {{ list_median('past_values') }} as past_median,
        {{ list_count('past_values') }} as past_day_count,
        case
            when round(past_deviation, 9) > 0e0
                then round((measured_value - past_mean) / past_deviation, 6)
        end as z_score
    from past_windows
    where measured_value is not null
),

past_spreads as (
    select
        server_id,
        metric,
        metric_date,
        measured_value,
        is_exceptional,
        z_score,
        past_median,
        5e0 * greatest(
            1.4826e0 * {{ list_deviation('past_values', 'past_median') }},
            2e-2 * past_median
        ) as expected_distance
    from past_medians
    where past_day_count >= 10
),

windowed_days as (
    select
        server_id,
        metric,
        metric_date,
        measured_value,
        case
            when is_exceptional then measured_value
            else
                least(
                    greatest(measured_value, past_median - expected_distance, 0e0),
                    past_median + expected_distance
                )
        end as bounded_value,
        z_score
    from past_spreads
)

select * from windowed_days
{{ where_reprocessed('metric_date') }}
