-- One row per calibrated backtest origin, series and risk level: what was promised for the
-- 90 days ahead, and what came. The window of a breach may begin before the origin.
{%- set preceding_days = var('breach_window_days') - 1 %}
with breach_days as (
    select * from {{ ref('int_breach_days') }}
    where origin_number > 0
),

breach_probabilities as (
    select * from {{ ref('int_backtest_breach_probabilities') }}
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
        breach_days.origin_number,
        breach_days.server_id,
        breach_days.metric,
        breach_days.risk_level,
        breach_days.day_number,
        breach_days.forecast_log > breach_days.threshold_log as is_predicted_above,
        backtest_days.measured_value,
        case
            when backtest_days.measured_value > 0e0
                then ln(backtest_days.measured_value) > breach_days.threshold_log
            else false
        end as is_measured_above
    from breach_days
    left join backtest_days
        on
            breach_days.origin_number = backtest_days.origin_number
            and breach_days.server_id = backtest_days.server_id
            and breach_days.metric = backtest_days.metric
            and breach_days.target_date = backtest_days.target_date
),

measured_series as (
    select
        origin_number,
        server_id,
        metric,
        risk_level,
        bool_or(is_predicted_above) as is_predicted_above,
        bool_or(is_measured_above) as is_any_day_above
    from observed_days
    group by origin_number, server_id, metric, risk_level
    having count(measured_value) >= 60
),

days_above as (
    select
        origin_number,
        server_id,
        metric,
        risk_level,
        day_number,
        is_predicted_above,
        is_measured_above
    from observed_days
    where is_predicted_above or is_measured_above
    union all
    select
        origin_number,
        server_id,
        metric,
        risk_level,
        1 - days_before as day_number,
        true as is_predicted_above,
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
    from days_above
),

most_days_above as (
    select
        origin_number,
        server_id,
        metric,
        {%- for kind in ['predicted', 'measured'] %}
            max(case when is_{{ kind }}_above then {{ kind }}_above_count end)
                as {{ kind }}_above_count,
        {%- endfor %}
        risk_level
    from windowed_days
    where day_number > 0
    group by origin_number, server_id, metric, risk_level
),

breach_backtests as (
    select
        measured_series.origin_number,
        measured_series.server_id,
        measured_series.metric,
        measured_series.risk_level,
        origins.origin_date,
        series_thresholds.threshold_pct,
        series_thresholds.flag_probability,
        breach_probabilities.breach_probability,
        breach_probabilities.any_day_probability,
        coalesce(
            most_days_above.predicted_above_count >= series_thresholds.breach_day_count,
            false
        ) as is_predicted_breach,
        measured_series.is_predicted_above,
        coalesce(
            most_days_above.measured_above_count >= series_thresholds.breach_day_count,
            false
        ) as is_breached,
        measured_series.is_any_day_above
    from measured_series
    inner join breach_probabilities
        on
            measured_series.origin_number = breach_probabilities.origin_number
            and measured_series.server_id = breach_probabilities.server_id
            and measured_series.metric = breach_probabilities.metric
            and measured_series.risk_level = breach_probabilities.risk_level
    inner join series_thresholds
        on
            measured_series.server_id = series_thresholds.server_id
            and measured_series.metric = series_thresholds.metric
            and measured_series.risk_level = series_thresholds.risk_level
    inner join origins on measured_series.origin_number = origins.origin_number
    left join most_days_above
        on
            measured_series.origin_number = most_days_above.origin_number
            and measured_series.server_id = most_days_above.server_id
            and measured_series.metric = most_days_above.metric
            and measured_series.risk_level = most_days_above.risk_level
)

select * from breach_backtests
