-- One row per forecast origin (live and calibrated) and series: how single days scatter
-- about the error that their block shares, as a mixture of normal noise and spikes, from
-- the days known at the origin. A spike lies more than 3.5 robust standard deviations
-- above; as far below is neither. A series with under 60 known days has its metric's
-- noise, one with under 5 spikes its metric's size of a spike.
with origins as (
    select * from {{ ref('int_forecast_origins') }}
    where origin_number <= {{ calibrated_origin_count() }}
),

forecast_windows as (
    select * from {{ ref('int_forecast_windows') }}
    where origin_number <= {{ calibrated_origin_count() }}
),

backtest_days as (
    select * from {{ ref('int_sql_forecast_days') }}
    where origin_number > 0 and log_error is not null
),

backtest_blocks as (
    select * from {{ ref('int_backtest_blocks') }}
),

day_deviations as (
    select
        backtest_days.origin_number,
        backtest_days.server_id,
        backtest_days.metric,
        backtest_days.target_date,
        -- of usage that never moves the last bits of its sums are no spikes
        case
            when
                round(abs(backtest_days.log_error - backtest_blocks.block_error), 9)
                > 0e0
                then backtest_days.log_error - backtest_blocks.block_error
            else 0e0
        end as deviation
    from backtest_days
    inner join backtest_blocks
        on
            backtest_days.origin_number = backtest_blocks.origin_number
            and backtest_days.server_id = backtest_blocks.server_id
            and backtest_days.metric = backtest_blocks.metric
            and backtest_days.horizon_block = backtest_blocks.horizon_block
    -- up to 90 days the origins do not overlap: each day counts once
    where backtest_days.horizon_days <= 90
),

known_deviations as (
    select
        origins.origin_number,
        day_deviations.server_id,
        day_deviations.metric,
        day_deviations.deviation
    from origins
    inner join day_deviations
        on
            origins.origin_number < day_deviations.origin_number
            and origins.origin_date >= day_deviations.target_date
),

spike_bounds as (
    select
        origin_number,
        server_id,
        metric,
        count(*) as day_count,
        3.5e0 * (1.4826e0 * {{ nearest_rank('abs(deviation)', 50) }}) as spike_bound
    from known_deviations
    group by origin_number, server_id, metric
),

bounded_deviations as (
    select
        known_deviations.origin_number,
        known_deviations.server_id,
        known_deviations.metric,
        known_deviations.deviation,
        spike_bounds.day_count,
        spike_bounds.spike_bound
    from known_deviations
    inner join spike_bounds
        on
            known_deviations.origin_number = spike_bounds.origin_number
            and known_deviations.server_id = spike_bounds.server_id
            and known_deviations.metric = spike_bounds.metric
),

known_noise as (
    select
        origin_number,
        server_id,
        metric,
        max(day_count) as day_count,
        sum(case when abs(deviation) <= spike_bound then deviation * deviation end)
            as quiet_square_sum,
        count(case when abs(deviation) <= spike_bound then 1 end) as quiet_day_count,
        count(case when deviation > spike_bound then 1 end) as spike_count,
        sum(case when deviation > spike_bound then deviation end) as spike_sum,
        sum(case when deviation > spike_bound then deviation * deviation end)
            as spike_square_sum
    from bounded_deviations
    group by origin_number, server_id, metric
),

metric_noise as (
    select
        origin_number,
        metric,
        sum(quiet_square_sum) / sum(quiet_day_count) as quiet_variance,
        sum(spike_count) / cast(sum(day_count) as double) as spike_rate,
        sum(spike_sum) / nullif(sum(spike_count), 0) as spike_mean,
        sum(spike_square_sum) / nullif(sum(spike_count), 0) as spike_square
    from known_noise
    group by origin_number, metric
),

series_noise as (
    select
        forecast_windows.origin_number,
        forecast_windows.server_id,
        forecast_windows.metric,
        case
            when known_noise.day_count >= 60
                then known_noise.quiet_square_sum / known_noise.quiet_day_count
            else metric_noise.quiet_variance
        end as quiet_variance,
        case
            when known_noise.day_count >= 60
                then (known_noise.spike_count + 0.5e0) / (known_noise.day_count + 50)
            else metric_noise.spike_rate
        end as spike_rate,
        case
            when known_noise.day_count >= 60 and known_noise.spike_count >= 5
                then known_noise.spike_sum / known_noise.spike_count
            else metric_noise.spike_mean
        end as spike_mean,
        case
            when known_noise.day_count >= 60 and known_noise.spike_count >= 5
                then known_noise.spike_square_sum / known_noise.spike_count
            else metric_noise.spike_square
        end as spike_square
    from forecast_windows
    inner join metric_noise
        on
            forecast_windows.origin_number = metric_noise.origin_number
            and forecast_windows.metric = metric_noise.metric
    left join known_noise
        on
            forecast_windows.origin_number = known_noise.origin_number
            and forecast_windows.server_id = known_noise.server_id
            and forecast_windows.metric = known_noise.metric
),

breach_day_errors as (
    select
        origin_number,
        server_id,
        metric,
        -- a series that never moved still needs a width to divide by
        sqrt(case when quiet_variance > 1e-8 then quiet_variance else 1e-8 end)
            as day_sd,
        coalesce(spike_rate, 0e0) as spike_rate,
        coalesce(spike_mean, 0e0) as spike_mean,
        sqrt(
            case
                when spike_square - spike_mean * spike_mean > 1e-4
                    then spike_square - spike_mean * spike_mean
                else 1e-4
            end
        ) as spike_sd
    from series_noise
)

select * from breach_day_errors
