-- One row per metric (or all) and pair of models, the newest version's and that of the
-- version before: whether the new one errs less on the same days, and how far the
-- forecast moved.
-- Percent and Mbps become percent of the series' capacity before they are added; a series
-- without capacity is counted among the series, its days are not.
with forecast_drift as (
    select * from {{ ref('fct_forecast_drift') }}
),

series as (
    select * from {{ ref('dim_series') }}
),

measured_drift as (
    select
        forecast_drift.*,
        100e0 / nullif(series.capacity_value, 0e0) as pct_per_unit,
        case when series.capacity_value > 0e0 then forecast_drift.day_count end
            as pct_day_count,
        case when series.capacity_value > 0e0 then forecast_drift.change_day_count end
            as pct_change_day_count
    from forecast_drift
    inner join series
        on
            forecast_drift.server_id = series.server_id
            and forecast_drift.metric = series.metric
),

metric_drift as (
    select
        coalesce(metric, 'all') as metric,
        forecast_model,
        previous_model,
        previous_as_of_date,
        as_of_date,
        count(*) as series_count,
        cast(coalesce(sum(pct_day_count), 0) as bigint) as day_count,
        sum(new_absolute_error_sum * pct_per_unit)
        / nullif(sum(pct_day_count), 0) as mae_pct,
        sum(previous_absolute_error_sum * pct_per_unit)
        / nullif(sum(pct_day_count), 0) as previous_mae_pct,
        sum(new_absolute_error_sum * pct_per_unit)
        / nullif(sum(previous_absolute_error_sum * pct_per_unit), 0e0) as mae_ratio,
        cast(coalesce(sum(pct_change_day_count), 0) as bigint) as change_day_count,
        sum(absolute_change_sum * pct_per_unit)
        / nullif(sum(pct_change_day_count), 0) as mean_change_pct,
        sum(absolute_change_sum * pct_per_unit)
        / nullif(sum(previous_forecast_sum * pct_per_unit), 0e0) as change_ratio,
        previous_run_id,
        run_id
    from measured_drift
    group by
        forecast_model,
        previous_model,
        previous_as_of_date,
        as_of_date,
        previous_run_id,
        run_id,
        rollup (metric)
)

select * from metric_drift
