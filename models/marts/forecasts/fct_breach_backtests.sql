-- One row per calibrated backtest origin, series and risk level: what was promised for the
-- 90 days ahead, and what came. The window of a breach may begin before the origin.
{%- set preceding_days = var('breach_window_days') - 1 %}
with breach_probabilities as (
    select * from {{ ref('int_breach_probabilities') }}
    where origin_number > 0
),

preceding_days_above as (
    select * from {{ ref('int_preceding_days_above') }}
    where origin_number > 0
),

backtest_days as (
    select * from {{ ref('int_sql_forecast_days') }}
    where origin_number > 0 and log_error is not null
),

series_thresholds as (
    select * from {{ ref('int_series_thresholds') }}
),

origins as (
    select * from {{ ref('int_forecast_origins') }}
),

observed_days as (
    select
        breach_probabilities.origin_number,
        breach_probabilities.server_id,
        breach_probabilities.metric,
        breach_probabilities.risk_level,
        breach_probabilities.day_number,
        breach_probabilities.breach_probability,
        breach_probabilities.any_day_probability,
        breach_probabilities.is_predicted_above,
        backtest_days.measured_value,
        case
            when backtest_days.measured_value > 0e0
                then
                    ln(backtest_days.measured_value) > series_thresholds.threshold_log
            else false
        end as is_measured_above
    from breach_probabilities
    inner join series_thresholds
        on
            breach_probabilities.server_id = series_thresholds.server_id
            and breach_probabilities.metric = series_thresholds.metric
            and breach_probabilities.risk_level = series_thresholds.risk_level
    left join backtest_days
        on
            breach_probabilities.origin_number = backtest_days.origin_number
            and breach_probabilities.server_id = backtest_days.server_id
            and breach_probabilities.metric = backtest_days.metric
            and breach_probabilities.target_date = backtest_days.target_date
    union all
    select
        origin_number,
        server_id,
        metric,
        risk_level,
        1 - days_before as day_number,
        null as breach_probability,
        null as any_day_probability,
        true as is_predicted_above,
        null as measured_value,
        true as is_measured_above
    from preceding_days_above
),

windowed_days as (
    select
        {%- for kind in ['predicted', 'measured'] %}
            sum(case when is_{{ kind }}_above then 1 else 0 end) over (
                partition by origin_number, server_id, metric, risk_level
                order by day_number
                range between {{ preceding_days }} preceding and current row
            ) as {{ kind }}_above_count,
        {%- endfor %}
        *
    from observed_days
),

breach_backtests as (
    select
        windowed_days.origin_number,
        windowed_days.server_id,
        windowed_days.metric,
        windowed_days.risk_level,
        max(origins.origin_date) as origin_date,
        max(series_thresholds.threshold_pct) as threshold_pct,
        max(series_thresholds.flag_probability) as flag_probability,
        max(windowed_days.breach_probability) as breach_probability,
        max(windowed_days.any_day_probability) as any_day_probability,
        bool_or(
            windowed_days.is_predicted_above
            and windowed_days.predicted_above_count
            >= series_thresholds.breach_day_count
        ) as is_predicted_breach,
        bool_or(windowed_days.is_predicted_above) as is_predicted_above,
        bool_or(
            windowed_days.is_measured_above
            and windowed_days.measured_above_count >= series_thresholds.breach_day_count
        ) as is_breached,
        bool_or(windowed_days.is_measured_above) as is_any_day_above
    from windowed_days
    inner join series_thresholds
        on
            windowed_days.server_id = series_thresholds.server_id
            and windowed_days.metric = series_thresholds.metric
            and windowed_days.risk_level = series_thresholds.risk_level
    inner join origins on windowed_days.origin_number = origins.origin_number
    where windowed_days.day_number > 0
    group by
        windowed_days.origin_number,
        windowed_days.server_id,
        windowed_days.metric,
        windowed_days.risk_level
    having count(windowed_days.measured_value) >= 60
)

select * from breach_backtests
