-- One row per series, model, origin, block and EOQ flag whose sums in
-- ml.forecast_backtests are not those of the backtest forecasts in ml.usage_forecasts
-- against what was measured. A block whose measured values changed since the run cannot be
-- compared; on unchanged data there is none.
{% set sums = [
    'error_sum', 'absolute_error_sum', 'squared_error_sum', 'percentage_error_sum',
    'percentage_day_count', 'symmetric_error_sum',
] -%}
{% set interval_sums = ['pinball_sum', 'inside_80_count', 'inside_95_count'] -%}
with {{ comparable_runs() }},

usage_forecasts as (
    select * from {{ source('python_jobs', 'usage_forecasts') }}
    where origin_number > 0
),

forecast_backtests as (
    select * from {{ source('python_jobs', 'forecast_backtests') }}
),

measured_days as (
    select * from {{ ref('feat_usage_forecasts') }}
    where measured_value is not null
),

scored_days as (
    select
        usage_forecasts.*,
        (
            {{ days_between(
                'usage_forecasts.origin_date', 'usage_forecasts.target_date'
            ) }} - 1
        ) / 10 + 1 as horizon_block,
        measured_days.is_eoq_window,
        measured_days.measured_value
    from usage_forecasts
    inner join comparable_runs on usage_forecasts.run_id = comparable_runs.run_id
    inner join measured_days
        on
            usage_forecasts.server_id = measured_days.server_id
            and usage_forecasts.metric = measured_days.metric
            and usage_forecasts.target_date = measured_days.metric_date
),

recomputed_blocks as (
    select
        server_id,
        metric,
        model,
        origin_number,
        horizon_block,
        is_eoq_window,
        {{ error_sums() }}
    from scored_days
    where horizon_block <= 9
    group by server_id, metric, model, origin_number, horizon_block, is_eoq_window
),

kept_models as (
    select distinct
        run_id,
        metric,
        model
    from scored_days
),

published_blocks as (
    select forecast_backtests.*
    from forecast_backtests
    inner join kept_models
        on
            forecast_backtests.run_id = kept_models.run_id
            and forecast_backtests.metric = kept_models.metric
            and forecast_backtests.model = kept_models.model
),

compared_blocks as (
    select
        coalesce(published_blocks.server_id, recomputed_blocks.server_id) as server_id,
        coalesce(published_blocks.metric, recomputed_blocks.metric) as metric,
        coalesce(published_blocks.model, recomputed_blocks.model) as model,
        coalesce(published_blocks.origin_number, recomputed_blocks.origin_number)
            as origin_number,
        coalesce(published_blocks.horizon_block, recomputed_blocks.horizon_block)
            as horizon_block,
        coalesce(
            published_blocks.day_count = recomputed_blocks.day_count
            and abs(published_blocks.actual_sum - recomputed_blocks.actual_sum)
            <= 1e-9 * (1e0 + recomputed_blocks.actual_sum),
            false
        ) as is_of_same_days,
        {%- for sum in sums %}
            abs(published_blocks.{{ sum }} - recomputed_blocks.{{ sum }})
            <= 1e-6 * (1e0 + abs(recomputed_blocks.{{ sum }})) and
        {%- endfor %}
        {%- for sum in interval_sums %}
            (
                published_blocks.pinball_sum is null
                or abs(published_blocks.{{ sum }} - recomputed_blocks.{{ sum }})
                <= 1e-6 * (1e0 + abs(recomputed_blocks.{{ sum }}))
            ) {{ 'as is_equal' if loop.last else 'and' }}
        {%- endfor %}
    from published_blocks
    full outer join recomputed_blocks
        on
            published_blocks.server_id = recomputed_blocks.server_id
            and published_blocks.metric = recomputed_blocks.metric
            and published_blocks.model = recomputed_blocks.model
            and published_blocks.origin_number = recomputed_blocks.origin_number
            and published_blocks.horizon_block = recomputed_blocks.horizon_block
            and published_blocks.is_eoq_window = recomputed_blocks.is_eoq_window
),

scored_blocks as (
    select
        *,
        count(case when is_of_same_days then 1 end) over () as same_block_count,
        count(*) over () as block_count
    from compared_blocks
)

select * from scored_blocks
where
    (is_of_same_days and not coalesce(is_equal, false))
    -- of another fleet's data few blocks are the same
    or (not is_of_same_days and 2 * same_block_count > block_count)
