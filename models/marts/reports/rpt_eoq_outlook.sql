-- One row per series in service and quarter end ahead, the next four at most: whether
-- its EOQ window breaches. Of a window in progress the measured days above count, too; its
-- peak is of the days ahead. One that ends beyond the forecast has no row.
with series as (
    select * from {{ ref('dim_series') }}
    where is_active
),

usage_forecasts as (
    select * from {{ ref('fct_usage_forecasts') }}
    where is_eoq_window
),

eoq_breach_probabilities as (
    select * from {{ ref('fct_eoq_breach_probabilities') }}
),

forecast_windows as (
    select
        server_id,
        metric,
        quarter_end_date,
        max(horizon_days) as horizon_days,
        max(forecast_pct) as peak_forecast_p95_pct,
        row_number() over (
            partition by server_id, metric order by quarter_end_date
        ) as window_number
    from usage_forecasts
    group by server_id, metric, quarter_end_date
    having max(target_date) = quarter_end_date
),

level_probabilities as (
    select
        server_id,
        metric,
        quarter_end_date,
        max(case when risk_level = 'high' then breach_probability end)
            as breach_probability,
        max(case when risk_level = 'very_high' then breach_probability end)
            as very_high_breach_probability,
        max(case when risk_level = 'high' then any_day_probability end)
            as any_day_probability
    from eoq_breach_probabilities
    group by server_id, metric, quarter_end_date
),

eoq_outlooks as (
    select
        forecast_windows.server_id,
        forecast_windows.metric,
        forecast_windows.quarter_end_date,
        series.as_of_date,
        forecast_windows.horizon_days,
        case
            when coalesce(series.capacity_value, 0e0) <= 0e0 then 'no_capacity'
            when
                level_probabilities.very_high_breach_probability
                >= series.flag_probability
                then 'very_high'
            when level_probabilities.breach_probability >= series.flag_probability
                then 'high'
            when
                not series.is_reporting or level_probabilities.server_id is null
                then 'not_enough_data'
            else 'normal'
        end as risk_level,
        series.high_threshold_pct as threshold_pct,
        level_probabilities.breach_probability,
        level_probabilities.very_high_breach_probability,
        level_probabilities.any_day_probability,
        forecast_windows.peak_forecast_p95_pct
    from forecast_windows
    inner join series
        on
            forecast_windows.server_id = series.server_id
            and forecast_windows.metric = series.metric
    left join level_probabilities
        on
            forecast_windows.server_id = level_probabilities.server_id
            and forecast_windows.metric = level_probabilities.metric
            and forecast_windows.quarter_end_date = level_probabilities.quarter_end_date
    where forecast_windows.window_number <= 4
)

select * from eoq_outlooks
