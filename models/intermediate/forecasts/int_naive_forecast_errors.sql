-- One row per backtest origin, series, seasonal naive model, 10-day block of the horizon
-- and EOQ flag: the benchmarks that a forecast must beat, on the days the SQL forecast is
-- scored on. The naive of 7 days repeats the last week before the origin, the naive of 364
-- days the same weekday a year before.
with backtest_days as (
    select * from {{ ref('int_backtest_days') }}
),

forecast_days as (
    select * from {{ ref('int_forecast_days') }}
),

naive_models as (
    select * from {{ ref('forecast_models') }}
    where season_days is not null
),

forecast_targets as (
    select
        backtest_days.origin_number,
        backtest_days.origin_date,
        backtest_days.server_id,
        backtest_days.metric,
        backtest_days.horizon_block,
        backtest_days.is_eoq_window,
        backtest_days.measured_value,
        backtest_days.log_floor,
        naive_models.model as forecast_model,
        {{ add_days(
            'backtest_days.target_date',
            '-((backtest_days.horizon_days - 1) / naive_models.season_days + 1)'
            ~ ' * naive_models.season_days'
        ) }} as repeated_date
    from backtest_days
    cross join naive_models
    where backtest_days.horizon_days <= 90
),

scored_days as (
    select
        forecast_targets.origin_number,
        forecast_targets.origin_date,
        forecast_targets.server_id,
        forecast_targets.metric,
        forecast_targets.forecast_model,
        forecast_targets.horizon_block,
        forecast_targets.is_eoq_window,
        forecast_targets.measured_value,
        forecast_days.usage_value as forecast_value,
        ln(greatest(forecast_targets.measured_value, forecast_targets.log_floor))
        - forecast_days.log_usage as log_error
    from forecast_targets
    inner join forecast_days
        on
            forecast_targets.server_id = forecast_days.server_id
            and forecast_targets.metric = forecast_days.metric
            and forecast_targets.repeated_date = forecast_days.metric_date
),

naive_forecast_errors as (
    select
        origin_number,
        origin_date,
        server_id,
        metric,
        forecast_model,
        horizon_block,
        is_eoq_window,
        {{ error_sums(has_quantiles=false) }}
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

select * from naive_forecast_errors
