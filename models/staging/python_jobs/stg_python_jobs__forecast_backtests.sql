-- One row per run, server, metric, forecast model, origin, 10-day block of the horizon and
-- EOQ flag: sums of errors. Without a pinball loss the origin had no intervals.
with forecast_backtests as (
    select * from {{ source('python_jobs', 'forecast_backtests') }}
),

staged_forecast_backtests as (
    select
        server_id,
        metric,
        model as forecast_model,
        origin_number,
        horizon_block,
        is_eoq_window,
        origin_date,
        as_of_date,
        day_count,
        error_sum,
        absolute_error_sum,
        squared_error_sum,
        percentage_error_sum,
        percentage_day_count,
        symmetric_error_sum,
        actual_sum,
        case
            when pinball_sum is null then cast(0 as bigint) else day_count
        end as interval_day_count,
        pinball_sum,
        inside_80_count,
        inside_95_count,
        run_id
    from forecast_backtests
)

select * from staged_forecast_backtests
