-- One row per forecast model (or champion), evaluation, metric (or all), segment and
-- 10-day block of the horizon (or all): how far past forecasts were from what was
-- measured.
-- Errors are percent of the series' capacity, and every measured day counts once; a
-- series without capacity counts only where no unit is needed (mape, smape, mase,
-- coverage).
with series_errors as (
    select * from {{ ref('fct_series_errors') }}
),

servers as (
    select * from {{ ref('dim_servers') }}
    where is_current
),

typed_errors as (
    select
        series_errors.*,
        reported_models.reported_model,
        servers.server_type
    from series_errors
    cross join
        unnest(
            case
                when series_errors.is_champion
                    then array[series_errors.forecast_model, 'champion']
                else array[series_errors.forecast_model]
            end
        ) as reported_models (reported_model)
    inner join servers on series_errors.server_id = servers.server_id
),

-- what is summed over series is summed before it is summed into twelve kinds of segments
{% set sums = [
    'day_count', 'pct_day_count', 'error_pct_sum', 'absolute_error_pct_sum',
    'squared_error_pct_sum', 'actual_pct_sum', 'percentage_error_sum',
    'percentage_day_count', 'symmetric_error_sum', 'scaled_error_sum',
    'scaled_day_count', 'paired_error_pct_sum', 'paired_day_count',
    'naive_error_pct_sum', 'naive_day_count', 'pinball_pct_sum', 'pinball_day_count',
    'paired_pinball_pct_sum', 'paired_pinball_day_count', 'naive_pinball_pct_sum',
    'naive_pinball_day_count', 'interval_day_count', 'inside_80_count',
    'inside_95_count',
] -%}
type_errors as (
    select
        reported_model,
        evaluation,
        metric,
        horizon_block,
        server_type,
        is_eoq_window,
        {%- for sum in sums %}
            sum({{ sum }}) as {{ sum }},
        {%- endfor %}
        {{ any_bits('origin_mask') }} as origin_mask,
        bool_and(is_champion) as is_champion
    from typed_errors
    group by
        reported_model, evaluation, metric, horizon_block, server_type, is_eoq_window
),

accuracies as (
    select
        reported_model as forecast_model,
        evaluation,
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
        {{ count_bits('origin_mask') }} as origin_count,
        sum(absolute_error_pct_sum) / sum(pct_day_count) as mae_pct,
        sqrt(sum(squared_error_pct_sum) / sum(pct_day_count)) as rmse_pct,
        100e0 * sum(percentage_error_sum)
        / nullif(sum(percentage_day_count), 0) as mape,
        100e0 * sum(symmetric_error_sum) / sum(day_count) as smape,
        sum(scaled_error_sum) / sum(scaled_day_count) as mase,
        100e0 * sum(absolute_error_pct_sum)
        / nullif(sum(actual_pct_sum), 0e0) as wape,
        sum(error_pct_sum) / sum(pct_day_count) as bias_pct,
        {%- for coverage in [80, 95] %}
            1e0 * sum(inside_{{ coverage }}_count)
            / nullif(sum(interval_day_count), 0) as coverage_{{ coverage }},
        {%- endfor %}
        sum(paired_error_pct_sum) / sum(paired_day_count)
        / nullif(sum(naive_error_pct_sum) / sum(naive_day_count), 0e0) as relative_mae,
        sum(pinball_pct_sum) / nullif(sum(pinball_day_count), 0) as pinball_pct,
        sum(paired_pinball_pct_sum) / nullif(sum(paired_pinball_day_count), 0)
        / nullif(
            sum(naive_pinball_pct_sum) / nullif(sum(naive_pinball_day_count), 0), 0e0
        ) as relative_pinball,
        bool_and(is_champion) as is_champion
    from type_errors
    group by
        reported_model,
        evaluation,
        rollup (metric),
        rollup (horizon_block),
        grouping sets ((), (is_eoq_window), (server_type))
),

-- a series has one row for each block and flag it has, and one each without either
series_segments as (
    select
        reported_model,
        evaluation,
        metric,
        horizon_block,
        server_type,
        is_eoq_window
    from typed_errors
    group by
        reported_model,
        evaluation,
        metric,
        server_id,
        server_type,
        rollup (horizon_block),
        rollup (is_eoq_window)
),

series_counts as (
    select
        reported_model as forecast_model,
        evaluation,
        coalesce(metric, 'all') as metric,
        case
            when is_eoq_window is not null then 'eoq'
            when grouping(server_type) = 0 then 'archetype'
            else 'all'
        end as segment_type,
        case
            when is_eoq_window is not null
                then case when is_eoq_window then 'eoq_window' else 'other_days' end
            when grouping(server_type) = 0 then server_type
            else 'all'
        end as segment,
        coalesce(cast(horizon_block as varchar), 'all') as horizon_block,
        count(*) as series_count
    from series_segments
    group by
        reported_model,
        evaluation,
        horizon_block,
        is_eoq_window,
        rollup (metric),
        rollup (server_type)
    having is_eoq_window is null or grouping(server_type) = 1
),

counted_accuracies as (
    select
        accuracies.*,
        series_counts.series_count
    from accuracies
    inner join series_counts
        on
            accuracies.forecast_model = series_counts.forecast_model
            and accuracies.evaluation = series_counts.evaluation
            and accuracies.metric = series_counts.metric
            and accuracies.segment_type = series_counts.segment_type
            and accuracies.segment = series_counts.segment
            and accuracies.horizon_block = series_counts.horizon_block
)

select * from counted_accuracies
