-- One row per metric and scope: the model that forecasts it.
-- One-standard-error rule on the mean scaled errors of each series, over the pairs that all
-- candidates share: among the models within one standard error (over series, of the
-- difference to the best) the simplest wins. Scope live has all origins and the models
-- that are forecast live; scope holdout the cross-validation origins alone and every
-- candidate, for what is forecast live was chosen on all origins.
with forecast_errors as (
    select * from {{ ref('int_forecast_errors') }}
    where is_shared and scaled_error_sum is not null
),

forecast_models as (
    select * from {{ ref('forecast_models') }}
    where made_by = 'job' or model = 'sql_forecast'
),

forecast_runs as (
    select * from {{ ref('int_forecast_runs') }}
),

usage_forecasts as (
    select * from {{ ref('stg_python_jobs__usage_forecasts') }}
    where origin_number = 0 and {{ from_published_run() }}
),

metrics as (
    select * from {{ ref('metric_definitions') }}
),

choosable_models as (
    select
        'live' as champion_scope,
        metric,
        'sql_forecast' as forecast_model
    from metrics
    union
    select
        'live' as champion_scope,
        usage_forecasts.metric,
        usage_forecasts.forecast_model
    from usage_forecasts
    inner join forecast_runs on forecast_runs.run_state = 'usable'
    union
    select
        'holdout' as champion_scope,
        metrics.metric,
        forecast_models.model as forecast_model
    from metrics
    cross join forecast_models
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
        choosable_models.champion_scope = 'live'
        or forecast_errors.evaluation = 'cross_validation'
    group by
        choosable_models.champion_scope,
        forecast_errors.metric,
        forecast_errors.server_id,
        forecast_errors.forecast_model,
        forecast_models.complexity_rank
),

{{ simplest_of_the_best(['champion_scope', 'metric']) }},

forecast_champions as (
    select
        scopes.champion_scope,
        metrics.metric,
        coalesce(ranked_models.forecast_model, 'sql_forecast') as forecast_model
    from metrics
    cross join unnest(array['live', 'holdout']) as scopes (champion_scope)
    left join ranked_models
        on
            scopes.champion_scope = ranked_models.champion_scope
            and metrics.metric = ranked_models.metric
            and ranked_models.simplicity_rank = 1
)

select * from forecast_champions
