-- One row per backtest origin, series and 10-day block of the horizon with at least five
-- measured days: the error that the days of the block share, their median.
with backtest_days as (
    select * from {{ ref('int_sql_forecast_days') }}
    where origin_number > 0 and log_error is not null
),

ranked_days as (
    select
        origin_number,
        server_id,
        metric,
        horizon_block,
        target_date,
        log_error,
        count(*) over (
            partition by origin_number, server_id, metric, horizon_block
        ) as day_count,
        row_number() over (
            partition by origin_number, server_id, metric, horizon_block
            order by log_error, target_date
        ) as error_rank
    from backtest_days
),

backtest_blocks as (
    select
        origin_number,
        server_id,
        metric,
        horizon_block,
        max(target_date) as last_target_date,
        avg(
            case
                when error_rank in ((day_count + 1) / 2, (day_count + 2) / 2)
                    then log_error
            end
        ) as block_error
    from ranked_days
    where day_count >= 5
    group by origin_number, server_id, metric, horizon_block
)

select * from backtest_blocks
