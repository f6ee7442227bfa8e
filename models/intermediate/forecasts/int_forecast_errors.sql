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

weekly_changes as (
    select
        server_id,
        metric,
        metric_date,
        abs(
            usage_value
            - lag(usage_value, 7) over (
                partition by server_id, metric order by metric_date
            )
        ) as absolute_change
    from forecast_days
),

forecast_scales as (
    select
        forecast_windows.origin_number,
        forecast_windows.server_id,
        forecast_windows.metric,
        nullif(avg(weekly_changes.absolute_change), 0e0) as scale_value
    from forecast_windows
    inner join weekly_changes
        on
            forecast_windows.server_id = weekly_changes.server_id
            and forecast_windows.metric = weekly_changes.metric
            and forecast_windows.origin_date >= weekly_changes.metric_date
    where
        {{ days_between('weekly_changes.metric_date', 'forecast_windows.origin_date') }}
        < {{ design_value('scale_days') }}
    group by
        forecast_windows.origin_number,
        forecast_windows.server_id,
        forecast_windows.metric
),

{% set keys = [
    'origin_number', 'origin_date', 'server_id', 'metric', 'forecast_model',
    'horizon_block', 'is_eoq_window',
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

paired_errors as (
    select
        model_errors.*,
        candidates.candidate_count,
        count(candidates.forecast_model) over (
            partition by
                model_errors.origin_number,
                model_errors.server_id,
                model_errors.metric,
                model_errors.horizon_block,
                model_errors.is_eoq_window
        ) as paired_candidate_count,
        max(candidates.candidate_count) over (partition by model_errors.metric)
            as metric_candidate_count
    from model_errors
    left join candidates
        on
            model_errors.metric = candidates.metric
            and model_errors.forecast_model = candidates.forecast_model
),

forecast_errors as (
    select
        {%- for key in keys %}
            paired_errors.{{ key }},
        {%- endfor %}
        case
            when paired_errors.origin_number <= {{ holdout_origin_count() }}
                then 'holdout'
            else 'cross_validation'
        end as evaluation,
        {%- for sum in sums %}
            paired_errors.{{ sum }},
        {%- endfor %}
        paired_errors.absolute_error_sum / forecast_scales.scale_value
            as scaled_error_sum,
        paired_errors.candidate_count is not null as is_candidate,
        paired_errors.candidate_count is not null
        and paired_errors.paired_candidate_count
        = paired_errors.metric_candidate_count as is_shared
    from paired_errors
    left join forecast_scales
        on
            paired_errors.origin_number = forecast_scales.origin_number
            and paired_errors.server_id = forecast_scales.server_id
            and paired_errors.metric = forecast_scales.metric
)

select * from forecast_errors
