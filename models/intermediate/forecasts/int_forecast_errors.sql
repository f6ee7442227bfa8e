-- One row per backtest origin, series, forecast model, 10-day block of the horizon and EOQ
-- flag: the error sums of the SQL forecast, the naive benchmarks and the job's candidates.
-- Errors are scaled (MASE) by the mean absolute change from one week to the next before
-- the origin; a series that never moved has no scale. A pair is shared when every candidate
-- of its metric has it; a model that reaches too few of the metric's series at its newest
-- origin is no candidate.
with sql_forecast_errors as (
    select * from {{ ref('int_sql_forecast_errors') }}
),

job_forecast_errors as (
    select * from {{ ref('stg_python_jobs__forecast_backtests') }}
    where {{ from_published_run() }}
),

forecast_runs as (
    select * from {{ ref('int_forecast_runs') }}
),

forecast_windows as (
    select * from {{ ref('int_forecast_windows') }}
    where origin_number > 0
),

forecast_days as (
    select * from {{ ref('int_forecast_days') }}
),

-- bounds are columns of few rows: as conditions of a join DuckDB meets every day
scaled_windows as (
    select
        origin_number,
        origin_date,
        server_id,
        metric,
        {{ add_days(
            'origin_date', '1 - cast(' ~ design_value('scale_days') ~ ' as integer)'
        ) }} as first_scale_date
    from forecast_windows
),

weekly_changes as (
    select
        forecast_days.server_id,
        forecast_days.metric,
        forecast_days.metric_date,
        abs(forecast_days.usage_value - week_before.usage_value) as absolute_change
    from forecast_days
    inner join forecast_days as week_before
        on
            forecast_days.server_id = week_before.server_id
            and forecast_days.metric = week_before.metric
            and {{ add_days('forecast_days.metric_date', -7) }}
            = week_before.metric_date
),

forecast_scales as (
    select
        scaled_windows.origin_number,
        scaled_windows.server_id,
        scaled_windows.metric,
        nullif(avg(weekly_changes.absolute_change), 0e0) as scale_value
    from scaled_windows
    inner join weekly_changes
        on
            scaled_windows.server_id = weekly_changes.server_id
            and scaled_windows.metric = weekly_changes.metric
            and scaled_windows.first_scale_date <= weekly_changes.metric_date
            and scaled_windows.origin_date >= weekly_changes.metric_date
    group by
        scaled_windows.origin_number,
        scaled_windows.server_id,
        scaled_windows.metric
),

{% set keys = [
    'origin_number', 'origin_date', 'server_id', 'metric', 'forecast_model',
    'horizon_block', 'is_eoq_window',
] -%}
{% set pair = [
    'origin_number', 'server_id', 'metric', 'horizon_block', 'is_eoq_window',
] -%}
{% set sums = [
    'day_count', 'error_sum', 'absolute_error_sum', 'squared_error_sum',
    'percentage_error_sum', 'percentage_day_count', 'symmetric_error_sum', 'actual_sum',
    'interval_day_count', 'pinball_sum', 'inside_80_count', 'inside_95_count',
] -%}
{% set columns = (keys + sums) | join(', ') -%}
model_errors as (
    select {{ columns }} from sql_forecast_errors
    union all
    select {{ columns }} from job_forecast_errors
    inner join forecast_runs on forecast_runs.run_state = 'usable'
),

covered_models as (
    select
        metric,
        origin_number,
        forecast_model,
        count(distinct server_id) as model_series_count,
        max(count(distinct server_id)) over (partition by metric, origin_number)
            as widest_series_count,
        min(origin_number) over (partition by metric, forecast_model)
            as newest_origin_number
    from model_errors
    group by metric, origin_number, forecast_model
),

candidates as (
    select
        metric,
        forecast_model,
        count(*) over (partition by metric) as candidate_count
    from covered_models
    where
        origin_number = newest_origin_number
        and model_series_count
        >= {{ design_value('candidate_coverage') }} * widest_series_count
),

shared_pairs as (
    select
        {{ 'model_errors.' ~ pair | join(',\n        model_errors.') }}
    from model_errors
    inner join candidates
        on
            model_errors.metric = candidates.metric
            and model_errors.forecast_model = candidates.forecast_model
    group by
        {{ 'model_errors.' ~ pair | join(',\n        model_errors.') }},
        candidates.candidate_count
    having count(*) = candidates.candidate_count
),

forecast_errors as (
    select
        {%- for key in keys %}
            model_errors.{{ key }},
        {%- endfor %}
        case
            when model_errors.origin_number <= {{ holdout_origin_count() }}
                then 'holdout'
            else 'cross_validation'
        end as evaluation,
        {%- for sum in sums %}
            model_errors.{{ sum }},
        {%- endfor %}
        model_errors.absolute_error_sum / forecast_scales.scale_value
            as scaled_error_sum,
        candidates.metric is not null as is_candidate,
        candidates.metric is not null and shared_pairs.metric is not null as is_shared
    from model_errors
    left join candidates
        on
            model_errors.metric = candidates.metric
            and model_errors.forecast_model = candidates.forecast_model
    left join shared_pairs
        on
            {%- for column in pair %}
                {{ 'and ' if not loop.first }}model_errors.{{ column }}
                = shared_pairs.{{ column }}
            {%- endfor %}
    left join forecast_scales
        on
            model_errors.origin_number = forecast_scales.origin_number
            and model_errors.server_id = forecast_scales.server_id
            and model_errors.metric = forecast_scales.metric
)

select * from forecast_errors
