-- One row per forecast model, evaluation, metric (or all), segment and 10-day block of
-- the horizon (or all): how far past forecasts were from what was measured.
-- Errors of percent and of Mbps become percent of the series' capacity before they are
-- added, and every measured day counts once; a series without capacity counts only
-- where no unit is needed (mape, smape, mase, coverage).
with forecast_errors as (
    select * from {{ ref('fct_forecast_errors') }}
),

naive_errors as (
    select * from {{ ref('fct_forecast_errors') }}
    where forecast_model = 'seasonal_naive_7'
),

series as (
    select * from {{ ref('dim_series') }}
),

servers as (
    select * from {{ ref('dim_servers') }}
    where is_current
),

evaluated_errors as (
    select
        forecast_errors.*,
        evaluations.evaluation as evaluation_name,
        servers.server_type,
        forecast_errors.server_id || ' ' || forecast_errors.metric as series_id,
        100e0 / nullif(series.capacity_value, 0e0) as pct_per_unit,
        case
            when series.capacity_value > 0e0 then forecast_errors.day_count
        end as pct_day_count,
        case
            when series.capacity_value > 0e0 then naive_errors.day_count
        end as naive_day_count,
        naive_errors.absolute_error_sum as naive_error_sum,
        forecast_errors.origin_number <= {{ calibrated_origin_count() }}
            as is_calibrated,
        case
            when evaluations.evaluation = 'shared' then forecast_errors.is_champion
            else forecast_errors.is_holdout_champion
        end as is_chosen
    from forecast_errors
    cross join
        unnest(array[forecast_errors.evaluation, 'shared'])
            as evaluations (evaluation)
    inner join series
        on
            forecast_errors.server_id = series.server_id
            and forecast_errors.metric = series.metric
    inner join servers on forecast_errors.server_id = servers.server_id
    left join naive_errors
        on
            forecast_errors.origin_number = naive_errors.origin_number
            and forecast_errors.server_id = naive_errors.server_id
            and forecast_errors.metric = naive_errors.metric
            and forecast_errors.horizon_block = naive_errors.horizon_block
            and forecast_errors.is_eoq_window = naive_errors.is_eoq_window
    where evaluations.evaluation != 'shared' or forecast_errors.is_shared
),

accuracies as (
    select
        forecast_model,
        evaluation_name as evaluation,
        coalesce(metric, 'all') as metric,
        case
            when grouping(is_eoq_window) = 0 then 'eoq'
            when grouping(server_type) = 0 then 'archetype'
            else 'all'
        end as segment_type,
        case
            when grouping(is_eoq_window) = 0
                then case when is_eoq_window then 'eoq_window' else 'other_days' end
            when grouping(server_type) = 0 then server_type
            else 'all'
        end as segment,
        coalesce(cast(horizon_block as varchar), 'all') as horizon_block,
        count(distinct series_id) as series_count,
        count(distinct origin_number) as origin_count,
        sum(absolute_error_sum * pct_per_unit) / sum(pct_day_count) as mae_pct,
        sqrt(sum(squared_error_sum * pct_per_unit * pct_per_unit) / sum(pct_day_count))
            as rmse_pct,
        100e0 * sum(percentage_error_sum)
        / nullif(sum(percentage_day_count), 0) as mape,
        100e0 * sum(symmetric_error_sum) / sum(day_count) as smape,
        sum(scaled_error_sum)
        / sum(case when scaled_error_sum is not null then day_count end) as mase,
        100e0 * sum(absolute_error_sum * pct_per_unit)
        / nullif(sum(actual_sum * pct_per_unit), 0e0) as wape,
        sum(error_sum * pct_per_unit) / sum(pct_day_count) as bias_pct,
        {%- for coverage in [80, 95] %}
            1e0 * sum(case when is_calibrated then inside_{{ coverage }}_count end)
            / nullif(sum(case when is_calibrated then interval_day_count end), 0)
                as coverage_{{ coverage }},
        {%- endfor %}
        sum(case when naive_day_count > 0 then absolute_error_sum * pct_per_unit end)
        / sum(case when naive_day_count > 0 then pct_day_count end)
        / nullif(
            sum(naive_error_sum * pct_per_unit) / sum(naive_day_count), 0e0
        ) as relative_mae,
        bool_and(is_chosen) as is_champion
    from evaluated_errors
    group by
        forecast_model,
        evaluation_name,
        rollup (metric),
        rollup (horizon_block),
        grouping sets ((), (is_eoq_window), (server_type))
)

select * from accuracies
