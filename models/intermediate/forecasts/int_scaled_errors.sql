-- One row per champion scope, series and forecast model that could be chosen: its mean
-- scaled error over the pairs that all candidates share. Scope live has all origins, scope
-- holdout the cross-validation origins alone, so that the holdout's figures are of a
-- choice that did not see them.
with forecast_errors as (
    select * from {{ ref('int_forecast_errors') }}
),

forecast_models as (
    select * from {{ ref('forecast_models') }}
),

forecast_runs as (
    select * from {{ ref('int_forecast_runs') }}
),

load_forecasts as (
    select * from {{ ref('stg_python_jobs__load_forecasts') }}
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
        load_forecasts.metric,
        load_forecasts.forecast_model
    from load_forecasts
    inner join forecast_runs on forecast_runs.run_state = 'usable'
),

scaled_errors as (
    select
        scopes.champion_scope,
        forecast_errors.metric,
        forecast_errors.server_id,
        forecast_errors.forecast_model,
        forecast_models.complexity_rank,
        sum(forecast_errors.scaled_error_sum)
        / sum(forecast_errors.day_count) as scaled_error
    from forecast_errors
    inner join live_models
        on
            forecast_errors.metric = live_models.metric
            and forecast_errors.forecast_model = live_models.forecast_model
    inner join forecast_models
        on forecast_errors.forecast_model = forecast_models.model
    cross join unnest(array['live', 'holdout']) as scopes (champion_scope)
    where
        forecast_errors.is_shared
        and forecast_errors.scaled_error_sum is not null
        and (
            scopes.champion_scope = 'live'
            or forecast_errors.evaluation = 'cross_validation'
        )
    group by
        scopes.champion_scope,
        forecast_errors.metric,
        forecast_errors.server_id,
        forecast_errors.forecast_model,
        forecast_models.complexity_rank
)

select * from scaled_errors
