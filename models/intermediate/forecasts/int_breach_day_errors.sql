-- One row per forecast origin (live and calibrated) and series: how single days scatter
-- about the level, as a mixture of normal noise and spikes.
-- A series with under 60 known days has its metric's noise, one with under 5 spikes its
-- metric's size of a spike.
with forecast_windows as (
    select * from {{ ref('int_forecast_windows') }}
    where origin_number <= {{ calibrated_origin_count() }}
),

day_noise as (
    select * from {{ ref('int_day_noise') }}
),

metric_noise as (
    select
        origin_number,
        metric,
        sum(quiet_square_sum) / sum(quiet_day_count) as quiet_variance,
        sum(spike_count) / cast(sum(day_count) as double) as spike_rate,
        sum(spike_sum) / nullif(sum(spike_count), 0) as spike_mean,
        sum(spike_square_sum) / nullif(sum(spike_count), 0) as spike_square
    from day_noise
    group by origin_number, metric
),

series_noise as (
    select
        forecast_windows.origin_number,
        forecast_windows.server_id,
        forecast_windows.metric,
        case
            when day_noise.day_count >= 60
                then day_noise.quiet_square_sum / day_noise.quiet_day_count
            else metric_noise.quiet_variance
        end as quiet_variance,
        case
            when day_noise.day_count >= 60
                then (day_noise.spike_count + 0.5e0) / (day_noise.day_count + 50)
            else metric_noise.spike_rate
        end as spike_rate,
        case
            when day_noise.day_count >= 60 and day_noise.spike_count >= 5
                then day_noise.spike_sum / day_noise.spike_count
            else metric_noise.spike_mean
        end as spike_mean,
        case
            when day_noise.day_count >= 60 and day_noise.spike_count >= 5
                then day_noise.spike_square_sum / day_noise.spike_count
            else metric_noise.spike_square
        end as spike_square
    from forecast_windows
    inner join metric_noise
        on
            forecast_windows.origin_number = metric_noise.origin_number
            and forecast_windows.metric = metric_noise.metric
    left join day_noise
        on
            forecast_windows.origin_number = day_noise.origin_number
            and forecast_windows.server_id = day_noise.server_id
            and forecast_windows.metric = day_noise.metric
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
