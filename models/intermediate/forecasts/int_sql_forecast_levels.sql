-- One row per forecast origin and series with a history window: the level at the weight
-- that the metric has chosen.
with weighted_levels as (
    select * from {{ ref('int_weighted_levels') }}
),

level_weights as (
    select * from {{ ref('int_level_weights') }}
),

levels as (
    select
        weighted_levels.origin_number,
        weighted_levels.server_id,
        weighted_levels.metric,
        weighted_levels.level_log,
        weighted_levels.residual_spread
    from weighted_levels
    inner join level_weights
        on
            weighted_levels.origin_number = level_weights.origin_number
            and weighted_levels.metric = level_weights.metric
            and weighted_levels.level_weight_pct = level_weights.level_weight_pct
)

select * from levels
