-- One row per model, evaluation and metric whose parts do not give its whole: the mean
-- of the EOQ windows and the other days lies on both sides of the mean of all days, and
-- so does that of the blocks of the horizon.
with accuracies as (
    select * from {{ ref('rpt_forecast_accuracy') }}
),

wholes as (
    select * from accuracies
    where segment_type = 'all' and horizon_block = 'all'
),

parts as (
    select
        forecast_model,
        evaluation,
        metric,
        segment_type,
        min(mae_pct) as lowest_mae_pct,
        max(mae_pct) as highest_mae_pct
    from accuracies
    where (segment_type = 'all') != (horizon_block = 'all')
    group by forecast_model, evaluation, metric, segment_type
)

select
    wholes.forecast_model,
    wholes.evaluation,
    wholes.metric,
    parts.segment_type,
    wholes.mae_pct
from wholes
inner join parts
    on
        wholes.forecast_model = parts.forecast_model
        and wholes.evaluation = parts.evaluation
        and wholes.metric = parts.metric
where
    round(wholes.mae_pct, 9) < round(parts.lowest_mae_pct, 9)
    or round(wholes.mae_pct, 9) > round(parts.highest_mae_pct, 9)
