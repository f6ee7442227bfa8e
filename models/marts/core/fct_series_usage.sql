-- One row per server and metric: its measured usage, held against its policy. A breach now
-- needs a series that still reports, and is counted in calendar days as one ahead is: a
-- day without a measurement is not above. A year is the last 364 days. Spare: under-used,
-- and at a smaller size no EOQ window of the year would have breached.
{% set window_start = add_days('series.as_of_date', 1 - var('breach_window_days')) -%}
{% set last_year = add_days('as_of_date', -364) -%}
with series as (
    select * from {{ ref('dim_series') }}
),

server_days as (
    select * from {{ ref('fct_server_days') }}
    where measured_value is not null
),

quarter_ends as (
    select * from {{ ref('fct_quarter_ends') }}
),

ranked_days as (
    select
        server_id,
        metric,
        metric_date,
        measured_pct,
        row_number() over (
            partition by server_id, metric order by metric_date desc
        ) as recency_rank
    from server_days
),

measured_usage as (
    select
        series.server_id,
        series.metric,
        count(case when ranked_days.metric_date >= {{ window_start }} then 1 end)
            as recent_day_count,
        {%- for level in ['high', 'very_high'] %}
            count(
                case
                    when
                        ranked_days.metric_date >= {{ window_start }}
                        and round(ranked_days.measured_pct, 9)
                        > series.{{ level }}_threshold_pct
                        then 1
                end
            ) as {{ level }}_day_count,
        {%- endfor %}
        avg(case when ranked_days.recency_rank <= 7 then ranked_days.measured_pct end)
            as current_p95_pct,
        avg(ranked_days.measured_pct) filter (
            where ranked_days.metric_date > {{ add_days('series.as_of_date', -364) }}
        ) as mean_pct
    from series
    inner join ranked_days
        on
            series.server_id = ranked_days.server_id
            and series.metric = ranked_days.metric
    group by series.server_id, series.metric
),

measured_quarters as (
    select
        server_id,
        metric,
        count(case when is_seen then 1 end) as seen_quarter_end_count,
        count(
            case
                when not is_seen and is_over and quarter_end_date > {{ last_year }}
                    then 1
            end
        ) as missed_quarter_end_count,
        max(case when quarter_end_date > {{ last_year }} then eoq_peak_pct end)
            as eoq_peak_pct
    from quarter_ends
    group by server_id, metric
),

series_usage as (
    select
        series.server_id,
        series.metric,
        series.as_of_date,
        measured_usage.recent_day_count,
        measured_usage.high_day_count,
        measured_usage.very_high_day_count,
        coalesce(measured_quarters.seen_quarter_end_count, 0) as seen_quarter_end_count,
        coalesce(measured_quarters.missed_quarter_end_count, 0)
            as missed_quarter_end_count,
        measured_usage.current_p95_pct,
        measured_usage.mean_pct,
        measured_quarters.eoq_peak_pct,
        {%- for level in ['high', 'very_high'] %}
            series.series_state = 'reporting'
            and measured_usage.{{ level }}_day_count >= series.breach_day_count
                as is_breached_{{ level }},
        {%- endfor %}
        coalesce(
            round(measured_usage.mean_pct, 9) < series.under_used_threshold_pct,
            false
        ) as is_under_used,
        coalesce(
            round(measured_usage.mean_pct, 9) < series.under_used_threshold_pct
            and round(measured_quarters.eoq_peak_pct, 9)
            < {{ var('consolidated_size_ratio') }}e0 * series.high_threshold_pct,
            false
        ) as is_spare
    from series
    inner join measured_usage
        on
            series.server_id = measured_usage.server_id
            and series.metric = measured_usage.metric
    left join measured_quarters
        on
            series.server_id = measured_quarters.server_id
            and series.metric = measured_quarters.metric
)

select * from series_usage
