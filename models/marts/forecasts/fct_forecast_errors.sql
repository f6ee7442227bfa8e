-- One row per backtest origin, series, forecast model, 10-day block of the horizon and EOQ
-- flag: sums of errors over the measured days, from which every published figure is a
-- ratio.
with forecast_errors as (
    select * from {{ ref('int_forecast_errors') }}
),

forecast_champions as (
    select * from {{ ref('int_forecast_champions') }}
),

marked_errors as (
    select
        forecast_errors.*,
        live_champions.metric is not null as is_champion,
        holdout_champions.metric is not null as is_holdout_champion
    from forecast_errors
    left join forecast_champions as live_champions
        on
            forecast_errors.metric = live_champions.metric
            and forecast_errors.forecast_model = live_champions.forecast_model
            and live_champions.champion_scope = 'live'
    left join forecast_champions as holdout_champions
        on
            forecast_errors.metric = holdout_champions.metric
            and forecast_errors.forecast_model = holdout_champions.forecast_model
            and holdout_champions.champion_scope = 'holdout'
)

select * from marked_errors
