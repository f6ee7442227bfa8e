-- One row per server, metric, forecast model, origin, 10-day block of the horizon and
-- EOQ flag: the error sums of the newest published run. Without a pinball loss the origin
-- had no intervals.
with forecast_backtests as (
    select * from {{ source('python_jobs', 'forecast_backtests') }}
),

runs as (
    select * from {{ ref('stg_python_jobs__runs') }}
    where job = 'usage_forecasts'
),

published_forecast_backtests as (
    select
        forecast_backtests.server_id,
        forecast_backtests.metric,
        forecast_backtests.model as forecast_model,
        forecast_backtests.origin_number,
        forecast_backtests.horizon_block,
        forecast_backtests.is_eoq as is_eoq_window,
        forecast_backtests.origin_date,
        forecast_backtests.as_of_date,
        forecast_backtests.day_count,
        forecast_backtests.error_sum,
        forecast_backtests.absolute_error_sum,
        forecast_backtests.squared_error_sum,
        forecast_backtests.percentage_error_sum,
        forecast_backtests.percentage_day_count,
        forecast_backtests.symmetric_error_sum,
        forecast_backtests.actual_sum,
        forecast_backtests.log_error_sum,
        forecast_backtests.squared_log_error_sum,
        case
            when forecast_backtests.pinball_sum is null then cast(0 as bigint)
            else forecast_backtests.day_count
        end as interval_day_count,
        forecast_backtests.pinball_sum,
        forecast_backtests.inside_80_count,
        forecast_backtests.inside_95_count,
        forecast_backtests.run_id
    from forecast_backtests
    inner join runs on forecast_backtests.run_id = runs.run_id
)

select * from published_forecast_backtests
