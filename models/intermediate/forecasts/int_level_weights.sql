-- One row per forecast origin and metric: the weight of the newest day in the level that
-- erred least from the older origins, over at most 90 days that the origin knows.
with forecast_origins as (
    select * from {{ ref('int_forecast_origins') }}
),

metrics as (
    select * from {{ ref('metric_definitions') }}
),

forecast_windows as (
    select * from {{ ref('int_forecast_windows') }}
    where origin_number > 0
),

coefficients as (
    select * from {{ ref('int_sql_forecast_coefficients') }}
),

levels as (
    select * from {{ ref('int_weighted_levels') }}
),

forecast_days as (
    select * from {{ ref('int_forecast_days') }}
    where measured_value is not null
),

calendar_terms as (
    select * from {{ ref('int_calendar_terms') }}
),

fitted_days as (
    select
        forecast_windows.origin_number,
        forecast_windows.server_id,
        forecast_windows.metric,
        ln(greatest(forecast_days.measured_value, forecast_windows.log_floor))
        - ({{ calendar_fit('coefficients', 'calendar_terms') }}) as log_residual
    from forecast_windows
    inner join coefficients
        on
            forecast_windows.origin_number = coefficients.origin_number
            and forecast_windows.server_id = coefficients.server_id
            and forecast_windows.metric = coefficients.metric
    inner join forecast_days
        on
            forecast_windows.server_id = forecast_days.server_id
            and forecast_windows.metric = forecast_days.metric
            and forecast_windows.origin_date < forecast_days.metric_date
            and {{ add_days(
                'forecast_windows.origin_date',
                [90, var('backtest_spacing_days')] | min
            ) }} >= forecast_days.metric_date
    inner join calendar_terms
        on
            forecast_windows.calendar_id = calendar_terms.calendar_id
            and forecast_days.metric_date = calendar_terms.calendar_date
),

level_errors as (
    select
        fitted_days.origin_number,
        fitted_days.metric,
        levels.level_weight_pct,
        sum(abs(fitted_days.log_residual - levels.level_log)) as error_sum,
        count(*) as day_count
    from fitted_days
    inner join levels
        on
            fitted_days.origin_number = levels.origin_number
            and fitted_days.server_id = levels.server_id
            and fitted_days.metric = levels.metric
    group by fitted_days.origin_number, fitted_days.metric, levels.level_weight_pct
),

ranked_weights as (
    select
        forecast_origins.origin_number,
        level_errors.metric,
        level_errors.level_weight_pct,
        row_number() over (
            partition by forecast_origins.origin_number, level_errors.metric
            order by
                round(sum(level_errors.error_sum) / sum(level_errors.day_count), 9),
                level_errors.level_weight_pct
        ) as error_rank
    from forecast_origins
    inner join level_errors
        on forecast_origins.origin_number < level_errors.origin_number
    group by
        forecast_origins.origin_number,
        level_errors.metric,
        level_errors.level_weight_pct
),

chosen_weights as (
    select
        forecast_origins.origin_number,
        metrics.metric,
        coalesce(ranked_weights.level_weight_pct, {{ default_level_weight() }})
            as level_weight_pct
    from forecast_origins
    cross join metrics
    left join ranked_weights
        on
            forecast_origins.origin_number = ranked_weights.origin_number
            and metrics.metric = ranked_weights.metric
            and ranked_weights.error_rank = 1
)

select * from chosen_weights
