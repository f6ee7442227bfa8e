-- One row per metric and scope: the model that forecasts it.
-- One-standard-error rule: among the models whose scaled error is within one standard
-- error (over series, of the difference to the best) the simplest wins.
with scaled_errors as (
    select * from {{ ref('int_scaled_errors') }}
),

metrics as (
    select * from {{ ref('metric_definitions') }}
),

best_models as (
    select
        champion_scope,
        metric,
        forecast_model,
        row_number() over (
            partition by champion_scope, metric
            order by round(avg(scaled_error), 9), complexity_rank, forecast_model
        ) as error_rank
    from scaled_errors
    group by champion_scope, metric, forecast_model, complexity_rank
),

compared_models as (
    select
        scaled_errors.champion_scope,
        scaled_errors.metric,
        scaled_errors.forecast_model,
        scaled_errors.complexity_rank,
        avg(scaled_errors.scaled_error - best_errors.scaled_error) as excess_error,
        coalesce(
            stddev_samp(scaled_errors.scaled_error - best_errors.scaled_error), 0e0
        ) / sqrt(count(*)) as excess_standard_error
    from scaled_errors
    inner join best_models
        on
            scaled_errors.champion_scope = best_models.champion_scope
            and scaled_errors.metric = best_models.metric
            and best_models.error_rank = 1
    inner join scaled_errors as best_errors
        on
            best_models.champion_scope = best_errors.champion_scope
            and best_models.metric = best_errors.metric
            and best_models.forecast_model = best_errors.forecast_model
            and scaled_errors.server_id = best_errors.server_id
    group by
        scaled_errors.champion_scope,
        scaled_errors.metric,
        scaled_errors.forecast_model,
        scaled_errors.complexity_rank
),

ranked_models as (
    select
        champion_scope,
        metric,
        forecast_model,
        row_number() over (
            partition by champion_scope, metric
            order by complexity_rank, forecast_model
        ) as simplicity_rank
    from compared_models
    where round(excess_error, 9) <= round(excess_standard_error, 9)
),

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
