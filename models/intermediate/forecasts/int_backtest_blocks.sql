-- One row per backtest origin, series and 10-day block of the horizon with at least five
-- measured days: the error that the days of the block share, their median.
with backtest_days as (
    select * from {{ ref('int_sql_forecast_days') }}
    where origin_number > 0 and log_error is not null
),

backtest_blocks as (
    select
        origin_number,
        server_id,
        metric,
        horizon_block,
        max(target_date) as last_target_date,
        {{ list_median('array_agg(log_error)') }} as block_error
    from backtest_days
    group by origin_number, server_id, metric, horizon_block
    having count(*) >= 5
)

select * from backtest_blocks
