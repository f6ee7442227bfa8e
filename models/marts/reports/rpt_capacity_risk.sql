-- One row per series in service and horizon: whether it runs out of capacity by then.
-- A level is reached by a breach now, or by a breach probability that reaches the
-- policy's flag. A series that stopped reporting, or has no probabilities, is never
-- called normal.
with series as (
    select * from {{ ref('dim_series') }}
    where is_active
),

series_usage as (
    select * from {{ ref('fct_series_usage') }}
),

forecast_peaks as (
    select * from {{ ref('fct_forecast_peaks') }}
),

breach_probabilities as (
    select * from {{ ref('fct_breach_probabilities') }}
    where horizon_days in ({{ risk_horizons() | join(', ') }})
),

level_probabilities as (
    select
        server_id,
        metric,
        horizon_days,
        {%- for level in ['high', 'very_high'] %}
            max(case when risk_level = '{{ level }}' then breach_probability end)
                as {{ level }}_probability,
        {%- endfor %}
        max(case when risk_level = 'high' then any_day_probability end)
            as any_day_high_probability,
        bool_or(risk_level = 'high' and is_predicted_above) as is_predicted_above_high
    from breach_probabilities
    group by server_id, metric, horizon_days
),

rated_series as (
    select
        series.*,
        horizons.horizon_days,
        series_usage.recent_day_count,
        series_usage.high_day_count,
        series_usage.very_high_day_count,
        series_usage.current_p95_pct,
        series_usage.mean_pct,
        coalesce(series_usage.is_breached_high, false) as is_breached_high,
        coalesce(series_usage.is_breached_very_high, false) as is_breached_very_high,
        level_probabilities.high_probability,
        level_probabilities.very_high_probability,
        level_probabilities.any_day_high_probability,
        level_probabilities.is_predicted_above_high,
        case
            when coalesce(series.capacity_value, 0e0) <= 0e0 then 'no_capacity'
            {%- for level in ['very_high', 'high'] %}
                when
                    series_usage.is_breached_{{ level }}
                    or level_probabilities.{{ level }}_probability
                    >= series.flag_probability
                    then '{{ level }}'
            {%- endfor %}
            when
                not series.is_reporting or level_probabilities.high_probability is null
                then 'not_enough_data'
            when series_usage.is_under_used then 'under_used'
            else 'normal'
        end as risk_level
    from series
    cross join
        unnest(array[{{ risk_horizons() | join(', ') }}])
            as horizons (horizon_days)
    left join series_usage
        on
            series.server_id = series_usage.server_id
            and series.metric = series_usage.metric
    left join level_probabilities
        on
            series.server_id = level_probabilities.server_id
            and series.metric = level_probabilities.metric
            and horizons.horizon_days = level_probabilities.horizon_days
),

capacity_risks as (
    select
        rated_series.server_id,
        rated_series.metric,
        cast(rated_series.horizon_days as bigint) as horizon_days,
        rated_series.as_of_date,
        forecast_peaks.peak_date,
        rated_series.risk_level,
        forecast_peaks.forecast_model,
        {{ risk_reason('rated_series') }} as reason,
        rated_series.high_probability,
        rated_series.very_high_probability,
        rated_series.any_day_high_probability,
        rated_series.current_p95_pct,
        forecast_peaks.peak_forecast_p95_pct,
        forecast_peaks.mean_forecast_pct,
        rated_series.is_predicted_above_high
    from rated_series
    left join forecast_peaks
        on
            rated_series.server_id = forecast_peaks.server_id
            and rated_series.metric = forecast_peaks.metric
            and rated_series.horizon_days = forecast_peaks.horizon_days
)

select * from capacity_risks
