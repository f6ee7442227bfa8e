-- One row per forecast origin (live and calibrated), series and 10-day block of the
-- horizon: the standard deviation of the error that a block's days share.
-- Mean square of the block errors known at the origin, 0.3 the series' own and 0.7 its
-- metric's, less what the median of ten noisy days varies by itself (pi / 2 / 10 of their
-- variance). A block further ahead than any known one has the furthest known one's.
with origins as (
    select * from {{ ref('int_forecast_origins') }}
    where origin_number <= {{ calibrated_origin_count() }}
),

backtest_blocks as (
    select * from {{ ref('int_backtest_blocks') }}
),

day_errors as (
    select * from {{ ref('int_breach_day_errors') }}
),

known_blocks as (
    select
        origins.origin_number,
        backtest_blocks.server_id,
        backtest_blocks.metric,
        backtest_blocks.horizon_block,
        avg(backtest_blocks.block_error * backtest_blocks.block_error) as block_square
    from origins
    inner join backtest_blocks
        on
            origins.origin_number < backtest_blocks.origin_number
            and origins.origin_date >= backtest_blocks.last_target_date
    group by
        origins.origin_number,
        backtest_blocks.server_id,
        backtest_blocks.metric,
        backtest_blocks.horizon_block
),

metric_blocks as (
    select
        origin_number,
        metric,
        horizon_block,
        avg(block_square) as block_square,
        lead(horizon_block) over (
            partition by origin_number, metric order by horizon_block
        ) as next_horizon_block
    from known_blocks
    group by origin_number, metric, horizon_block
),

level_errors as (
    select
        day_errors.origin_number,
        day_errors.server_id,
        day_errors.metric,
        horizon_blocks.horizon_block,
        0.3e0 * coalesce(known_blocks.block_square, metric_blocks.block_square)
        + 0.7e0 * metric_blocks.block_square
        - 0.1570796e0 * day_errors.day_sd * day_errors.day_sd as level_variance
    from day_errors
    cross join
        unnest({{ integers_between(1, (var('horizon_days') + 40) // 10) }})
            as horizon_blocks (horizon_block)
    inner join metric_blocks
        on
            day_errors.origin_number = metric_blocks.origin_number
            and day_errors.metric = metric_blocks.metric
            and horizon_blocks.horizon_block >= metric_blocks.horizon_block
            and (
                metric_blocks.next_horizon_block is null
                or horizon_blocks.horizon_block < metric_blocks.next_horizon_block
            )
    left join known_blocks
        on
            day_errors.origin_number = known_blocks.origin_number
            and day_errors.server_id = known_blocks.server_id
            and day_errors.metric = known_blocks.metric
            and metric_blocks.horizon_block = known_blocks.horizon_block
),

breach_level_errors as (
    select
        origin_number,
        server_id,
        metric,
        horizon_block,
        sqrt(case when level_variance > 1e-6 then level_variance else 1e-6 end)
            as level_sd
    from level_errors
)

select * from breach_level_errors
