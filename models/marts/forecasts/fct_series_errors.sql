-- One row per evaluation, series, forecast model, 10-day block of the horizon and EOQ flag:
-- sums of errors over the backtest origins of the evaluation. Errors of percent and of
-- Mbps become percent of the series' capacity, so that series can be added; a series
-- without capacity has none of those.
with forecast_errors as (
    select * from {{ ref('fct_forecast_errors') }}
),

naive_errors as (
    select * from {{ ref('fct_forecast_errors') }}
    where forecast_model = 'seasonal_naive_7'
),

series as (
    select
        server_id,
        metric,
        100e0 / nullif(capacity_value, 0e0) as pct_per_unit
    from {{ ref('dim_series') }}
),

evaluated_errors as (
    select
        forecast_errors.*,
        evaluations.evaluation as evaluation_name,
        series.pct_per_unit,
        case
            when series.pct_per_unit is not null then forecast_errors.day_count
        end as pct_day_count,
        case
            when series.pct_per_unit is not null then naive_errors.day_count
        end as naive_day_count,
        naive_errors.absolute_error_sum * series.pct_per_unit as naive_pct_sum,
        forecast_errors.absolute_error_sum * series.pct_per_unit as absolute_pct_sum,
        forecast_errors.pinball_sum * series.pct_per_unit as pinball_pct_sum,
        case
            when series.pct_per_unit is not null then forecast_errors.interval_day_count
        end as pinball_day_count,
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
    left join naive_errors
        on
            forecast_errors.origin_number = naive_errors.origin_number
            and forecast_errors.server_id = naive_errors.server_id
            and forecast_errors.metric = naive_errors.metric
            and forecast_errors.horizon_block = naive_errors.horizon_block
            and forecast_errors.is_eoq_window = naive_errors.is_eoq_window
    where evaluations.evaluation != 'shared' or forecast_errors.is_shared
),

summed_errors as (
    select
        evaluation_name as evaluation,
        server_id,
        metric,
        forecast_model,
        horizon_block,
        is_eoq_window,
        cast(sum(power(2, origin_number)) as bigint) as origin_mask,
        cast(sum(day_count) as bigint) as day_count,
        cast(sum(pct_day_count) as bigint) as pct_day_count,
        sum(error_sum * pct_per_unit) as error_pct_sum,
        sum(absolute_pct_sum) as absolute_error_pct_sum,
        sum(squared_error_sum * pct_per_unit * pct_per_unit) as squared_error_pct_sum,
        sum(actual_sum * pct_per_unit) as actual_pct_sum,
        sum(percentage_error_sum) as percentage_error_sum,
        cast(sum(percentage_day_count) as bigint) as percentage_day_count,
        sum(symmetric_error_sum) as symmetric_error_sum,
        sum(scaled_error_sum) as scaled_error_sum,
        cast(sum(case when scaled_error_sum is not null then day_count end) as bigint)
            as scaled_day_count,
        sum(case when naive_day_count > 0 then absolute_pct_sum end)
            as paired_error_pct_sum,
        cast(sum(case when naive_day_count > 0 then pct_day_count end) as bigint)
            as paired_day_count,
        sum(naive_pct_sum) as naive_error_pct_sum,
        cast(sum(naive_day_count) as bigint) as naive_day_count,
        sum(case when is_calibrated then pinball_pct_sum end) as pinball_pct_sum,
        cast(sum(case when is_calibrated then pinball_day_count end) as bigint)
            as pinball_day_count,
        sum(
            case when is_calibrated and naive_day_count > 0 then pinball_pct_sum end
        ) as paired_pinball_pct_sum,
        cast(sum(
            case when is_calibrated and naive_day_count > 0 then pinball_day_count end
        ) as bigint) as paired_pinball_day_count,
        -- all quantiles of a point forecast are the point: half of its absolute error
        sum(
            case when is_calibrated and pinball_day_count > 0 then naive_pct_sum / 2e0
            end
        ) as naive_pinball_pct_sum,
        cast(sum(
            case when is_calibrated and pinball_day_count > 0 then naive_day_count end
        ) as bigint) as naive_pinball_day_count,
        {%- for count in ['interval_day', 'inside_80', 'inside_95'] %}
            cast(sum(case when is_calibrated then {{ count }}_count end) as bigint)
                as {{ count }}_count,
        {%- endfor %}
        bool_and(is_chosen) as is_champion
    from evaluated_errors
    group by
        evaluation_name,
        server_id,
        metric,
        forecast_model,
        horizon_block,
        is_eoq_window
)

select * from summed_errors
