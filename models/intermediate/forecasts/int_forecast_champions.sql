-- One row per metric and scope: the model that forecasts it.
-- One-standard-error rule: among the models whose scaled error is within one standard
-- error (over series, of the difference to the best) the simplest wins.
with scaled_errors as (
    select * from {{ ref('int_scaled_errors') }}
),

metrics as (
    select * from {{ ref('metric_definitions') }}
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
