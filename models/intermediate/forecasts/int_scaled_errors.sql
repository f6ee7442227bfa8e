-- One row per champion scope, series and forecast model that could be chosen: its mean
-- scaled error over the pairs that all candidates share. Scope live has all origins and
-- the models that are forecast live; scope holdout the cross-validation origins alone and
-- every candidate, for what is forecast live was chosen on all origins.
with forecast_errors as (
    select * from {{ ref('int_forecast_errors') }}
),

forecast_models as (
    select * from {{ ref('forecast_models') }}
),

forecast_runs as (
    select * from {{ ref('int_forecast_runs') }}
),

usage_forecasts as (
    select * from {{ ref('stg_python_jobs__usage_forecasts') }}
    where origin_number = 0
),

metrics as (
    select * from {{ ref('metric_definitions') }}
),

live_models as (
    select
        metric,
        'sql_forecast' as forecast_model
    from metrics
    union
    select
        usage_forecasts.metric,
        usage_forecasts.forecast_model
    from usage_forecasts
    inner join forecast_runs on forecast_runs.run_state = 'usable'
),

choosable_models as (
    select
        'live' as champion_scope,
        metric,
        forecast_model
    from live_models
    union all
    select
        'holdout' as champion_scope,
        metrics.metric,
        forecast_models.model as forecast_model
    from metrics
    cross join forecast_models
    where forecast_models.made_by = 'job' or forecast_models.model = 'sql_forecast'
),

scaled_errors as (
    select
        choosable_models.champion_scope,
        forecast_errors.metric,
        forecast_errors.server_id,
        forecast_errors.forecast_model,
        forecast_models.complexity_rank,
        sum(forecast_errors.scaled_error_sum)
        / sum(forecast_errors.day_count) as scaled_error
    from forecast_errors
    inner join choosable_models
        on
            forecast_errors.metric = choosable_models.metric
            and forecast_errors.forecast_model = choosable_models.forecast_model
    inner join forecast_models
        on forecast_errors.forecast_model = forecast_models.model
    where
        forecast_errors.is_shared
        and forecast_errors.scaled_error_sum is not null
        and (
            choosable_models.champion_scope = 'live'
            or forecast_errors.evaluation = 'cross_validation'
        )
    group by
        choosable_models.champion_scope,
        forecast_errors.metric,
        forecast_errors.server_id,
        forecast_errors.forecast_model,
        forecast_models.complexity_rank
)

select * from scaled_errors
