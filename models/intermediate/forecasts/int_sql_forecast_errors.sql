-- One row per backtest origin, series, model of the SQL forecast, 10-day block of the
-- horizon and EOQ flag: sums of the errors of the measured days, 90 days ahead at most.
-- Intervals are judged at the origins that had enough known errors to make them.
with backtest_days as (
    select * from {{ ref('int_backtest_days') }}
),

conformal_quantiles as (
    select * from {{ ref('int_conformal_quantiles') }}
),

scored_days as (
    select
        backtest_days.origin_number,
        backtest_days.origin_date,
        backtest_days.server_id,
        backtest_days.metric,
        backtest_days.forecast_model,
        backtest_days.horizon_block,
        backtest_days.is_eoq_window,
        backtest_days.measured_value,
        backtest_days.log_error,
        {{ usage_from_log('backtest_days.forecast_log', 'backtest_days.usage_unit') }}
            as forecast_value,
    {%- for suffix, _ in forecast_quantiles() %}
        {{ usage_from_log(
            'backtest_days.forecast_log + backtest_days.residual_spread'
            ~ ' * conformal_quantiles.error_' ~ suffix,
            'backtest_days.usage_unit'
        ) }} as forecast_{{ suffix }}{{ ',' if not loop.last }}
    {%- endfor %}
    from backtest_days
    left join conformal_quantiles
        on
            backtest_days.origin_number = conformal_quantiles.origin_number
            and backtest_days.metric = conformal_quantiles.metric
            and backtest_days.is_eoq_window = conformal_quantiles.is_eoq_window
            and {{ horizon_band(
                'backtest_days.horizon_days', 'backtest_days.is_eoq_window'
            ) }} = conformal_quantiles.horizon_band
    where backtest_days.horizon_days <= 90
),

sql_forecast_errors as (
    select
        origin_number,
        origin_date,
        server_id,
        metric,
        forecast_model,
        horizon_block,
        is_eoq_window,
        {{ error_sums() }}
    from scored_days
    group by
        origin_number,
        origin_date,
        server_id,
        metric,
        forecast_model,
        horizon_block,
        is_eoq_window
)

select * from sql_forecast_errors
