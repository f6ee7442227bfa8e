-- One row per forecast origin (live and calibrated) and series: the noise of single days
-- about the error that their block shares, from the days known at the origin.
-- Quiet days and spikes apart: a spike lies more than 3.5 robust standard deviations above.
with origins as (
    select * from {{ ref('int_forecast_origins') }}
),

backtest_days as (
    select * from {{ ref('int_sql_forecast_days') }}
    where origin_number > 0 and log_error is not null
),

backtest_blocks as (
    select * from {{ ref('int_backtest_blocks') }}
),

known_deviations as (
    select
        origins.origin_number,
        backtest_days.server_id,
        backtest_days.metric,
        backtest_days.target_date,
        backtest_days.log_error - backtest_blocks.block_error as deviation
    from origins
    inner join backtest_days
        on
            origins.origin_number < backtest_days.origin_number
            and origins.origin_date >= backtest_days.target_date
    inner join backtest_blocks
        on
            backtest_days.origin_number = backtest_blocks.origin_number
            and backtest_days.server_id = backtest_blocks.server_id
            and backtest_days.metric = backtest_blocks.metric
            and backtest_days.horizon_block = backtest_blocks.horizon_block
    -- up to 90 days the origins do not overlap: each day counts once
    where
        origins.origin_number <= {{ calibrated_origin_count() }}
        and backtest_days.horizon_days <= 90
),

ranked_deviations as (
    select
        origin_number,
        server_id,
        metric,
        deviation,
        count(*) over (partition by origin_number, server_id, metric) as day_count,
        row_number() over (
            partition by origin_number, server_id, metric
            order by abs(deviation), target_date
        ) as size_rank
    from known_deviations
),

robust_deviations as (
    select
        origin_number,
        server_id,
        metric,
        deviation,
        day_count,
        1.4826e0 * max(
            case when size_rank <= (day_count + 1) / 2 then abs(deviation) end
        ) over (partition by origin_number, server_id, metric) as robust_sd
    from ranked_deviations
),

series_noise as (
    select
        origin_number,
        server_id,
        metric,
        max(day_count) as day_count,
        sum(
            case when abs(deviation) <= 3.5e0 * robust_sd then deviation * deviation end
        ) as quiet_square_sum,
        count(case when abs(deviation) <= 3.5e0 * robust_sd then 1 end)
            as quiet_day_count,
        count(case when deviation > 3.5e0 * robust_sd then 1 end) as spike_count,
        sum(case when deviation > 3.5e0 * robust_sd then deviation end) as spike_sum,
        sum(case when deviation > 3.5e0 * robust_sd then deviation * deviation end)
            as spike_square_sum
    from robust_deviations
    group by origin_number, server_id, metric
)

select * from series_noise
