-- One row per server, metric and quarter end whose EOQ window has begun: what was
-- measured in that window. From the series' first day on, and at least those of the
-- last year, so that a quarter end before the first measurement shows as not seen.
with series as (
    select * from {{ ref('dim_series') }}
),

calendar_days as (
    select * from {{ ref('dim_calendar_days') }}
    where is_eoq_window
),

server_days as (
    select * from {{ ref('fct_server_days') }}
    where is_eoq_window and measured_value is not null
),

window_days as (
    select
        calendar_id,
        calendar_date,
        quarter_end_date,
        min(calendar_date) over (partition by calendar_id, quarter_end_date)
            as first_window_date,
        count(*) over (partition by calendar_id, quarter_end_date)
            as window_day_count
    from calendar_days
),

ranked_days as (
    select
        series.server_id,
        series.metric,
        window_days.quarter_end_date,
        series.as_of_date,
        series.breach_day_count,
        window_days.window_day_count,
        server_days.metric_date,
        server_days.measured_pct,
        row_number() over (
            partition by series.server_id, series.metric, window_days.quarter_end_date
            order by
                round(server_days.measured_pct, 9) desc nulls last,
                window_days.calendar_date asc
        ) as height_rank
    from series
    inner join window_days
        on
            series.calendar_id = window_days.calendar_id
            and series.as_of_date >= window_days.first_window_date
            and least(
                series.first_metric_date, {{ add_days('series.as_of_date', -363) }}
            ) <= window_days.quarter_end_date
    left join server_days
        on
            series.server_id = server_days.server_id
            and series.metric = server_days.metric
            and window_days.calendar_date = server_days.metric_date
),

quarter_ends as (
    select
        server_id,
        metric,
        quarter_end_date,
        as_of_date,
        window_day_count,
        count(metric_date) as measured_day_count,
        max(case when height_rank = breach_day_count then measured_pct end)
            as eoq_peak_pct,
        quarter_end_date <= as_of_date as is_over,
        2 * count(metric_date) >= window_day_count as is_seen
    from ranked_days
    group by server_id, metric, quarter_end_date, as_of_date, window_day_count
)

select * from quarter_ends
