-- One row per calibrated backtest origin, series and risk level: what was promised for the
-- 90 days after the origin, with what was known then, and what came.
-- Series with fewer than 60 measured days among the 90 are left out: what came is unknown.
{%- set preceding_days = var('breach_window_days') - 1 %}
with breach_days as (
    select * from {{ ref('int_breach_days') }}
    where origin_number > 0
),

breach_probabilities as (
    select * from {{ ref('int_breach_probabilities') }}
    where origin_number > 0
),

backtest_days as (
    select * from {{ ref('int_backtest_days') }}
),

series_policies as (
    select * from {{ ref('int_series_policies') }}
),

lived_days as (
    select
        breach_days.origin_number,
        breach_days.origin_date,
        breach_days.server_id,
        breach_days.metric,
        breach_days.risk_level,
        breach_days.target_date,
        breach_days.threshold_pct,
        breach_days.breach_day_count,
        breach_probabilities.breach_probability,
        breach_probabilities.any_day_probability,
        breach_days.forecast_log > breach_days.threshold_log as is_predicted_above,
        coalesce(
            ln(greatest(backtest_days.measured_value, backtest_days.log_floor))
            > breach_days.threshold_log,
            false
        ) as is_measured_above,
        backtest_days.measured_value is not null as is_measured
    from breach_days
    inner join breach_probabilities
        on
            breach_days.origin_number = breach_probabilities.origin_number
            and breach_days.server_id = breach_probabilities.server_id
            and breach_days.metric = breach_probabilities.metric
            and breach_days.risk_level = breach_probabilities.risk_level
            and breach_days.target_date = breach_probabilities.target_date
    left join backtest_days
        on
            breach_days.origin_number = backtest_days.origin_number
            and breach_days.server_id = backtest_days.server_id
            and breach_days.metric = backtest_days.metric
            and breach_days.target_date = backtest_days.target_date
),

windowed_days as (
    select
        lived_days.origin_number,
        lived_days.origin_date,
        lived_days.server_id,
        lived_days.metric,
        lived_days.risk_level,
        lived_days.threshold_pct,
        lived_days.breach_day_count,
        lived_days.breach_probability,
        lived_days.any_day_probability,
        lived_days.is_predicted_above,
        lived_days.is_measured_above,
        lived_days.is_measured,
        {%- for kind in ['predicted', 'measured'] %}
            sum(case when lived_days.is_{{ kind }}_above then 1 else 0 end) over (
                partition by
                    lived_days.origin_number,
                    lived_days.server_id,
                    lived_days.metric,
                    lived_days.risk_level
                order by lived_days.target_date
                rows between {{ preceding_days }} preceding and current row
            ) as {{ kind }}_above_count,
        {%- endfor %}
        series_policies.flag_probability
    from lived_days
    inner join series_policies
        on
            lived_days.server_id = series_policies.server_id
            and lived_days.metric = series_policies.metric
),

breach_backtests as (
    select
        origin_number,
        server_id,
        metric,
        risk_level,
        origin_date,
        max(threshold_pct) as threshold_pct,
        max(flag_probability) as flag_probability,
        max(breach_probability) as breach_probability,
        max(any_day_probability) as any_day_probability,
        bool_or(predicted_above_count >= breach_day_count)
            as is_predicted_breach,
        bool_or(is_predicted_above) as is_predicted_above,
        bool_or(measured_above_count >= breach_day_count)
            as is_breached,
        bool_or(is_measured_above) as is_any_day_above
    from windowed_days
    group by
        origin_number,
        server_id,
        metric,
        risk_level,
        origin_date
    having count(case when is_measured then 1 end) >= 60
)

select * from breach_backtests
