-- One row per forecast origin (live and calibrated), metric, EOQ flag and horizon band with
-- at least 100 errors known at the origin: errors of older origins on days up to it.
-- Quantiles (nearest rank) of the standardised log errors.
with backtest_days as (
    select * from {{ ref('int_backtest_days') }}
),

origins as (
    select * from {{ ref('int_forecast_origins') }}
),

known_errors as (
    select
        origins.origin_number,
        backtest_days.metric,
        backtest_days.is_eoq_window,
        {{ horizon_band('backtest_days.horizon_days', 'backtest_days.is_eoq_window') }}
            as horizon_band,
        backtest_days.log_error / backtest_days.residual_spread as standard_error
    from origins
    inner join backtest_days
        on
            origins.origin_number < backtest_days.origin_number
            and origins.origin_date >= backtest_days.target_date
    where
        origins.origin_number <= {{ calibrated_origin_count() }}
        and backtest_days.residual_spread > 0e0
        and (origins.origin_number = 0 or backtest_days.horizon_days <= 91)
),

ranked_errors as (
    select
        origin_number,
        metric,
        is_eoq_window,
        horizon_band,
        standard_error,
        count(*) over (
            partition by origin_number, metric, is_eoq_window, horizon_band
        ) as error_count,
        row_number() over (
            partition by origin_number, metric, is_eoq_window, horizon_band
            order by standard_error
        ) as error_rank
    from known_errors
),

band_quantiles as (
    select
        origin_number,
        metric,
        is_eoq_window,
        horizon_band,
        {%- for suffix, per_mille in forecast_quantiles() %}
            min(
                case
                    when error_rank * 1000 >= error_count * {{ per_mille }}
                        then standard_error
                end
            ) as error_{{ suffix }},
        {%- endfor %}
        max(error_count) as error_count
    from ranked_errors
    group by origin_number, metric, is_eoq_window, horizon_band
    having max(error_count) >= 100
)

select * from band_quantiles
