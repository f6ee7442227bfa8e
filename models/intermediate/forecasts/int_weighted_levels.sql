-- One row per forecast origin, series with a history window and level weight.
-- The level is an exponentially weighted mean of the residual, written as a weighted sum:
-- what a day weighs is a power of its age. The spread is 1.2533 times the mean
-- absolute residual of the last 364 days: the standard deviation of a normal one, less
-- moved by spikes. It is rounded, so that usage which never moved has none: what a fit
-- leaves of it is the last bits of its sums.
with forecast_windows as (
    select * from {{ ref('int_forecast_windows') }}
),

coefficients as (
    select * from {{ ref('int_sql_forecast_coefficients') }}
),

forecast_days as (
    select * from {{ ref('int_forecast_days') }}
),

calendar_terms as (
    select * from {{ ref('int_calendar_terms') }}
),

window_days as (
    select
        forecast_windows.origin_number,
        forecast_windows.server_id,
        forecast_windows.metric,
        forecast_windows.window_days,
        forecast_days.metric_date,
        forecast_days.log_usage,
        {{ days_between('forecast_days.metric_date', 'forecast_windows.origin_date') }}
            as age_days,
        {{ calendar_fit('coefficients', 'calendar_terms') }} as fitted_log_usage
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
            and forecast_windows.origin_date >= forecast_days.metric_date
    inner join calendar_terms
        on
            forecast_windows.calendar_id = calendar_terms.calendar_id
            and forecast_days.metric_date = calendar_terms.calendar_date
),

levels as (
    select
        origin_number,
        server_id,
        metric,
        {%- for weight_pct in level_weights() %}
            {%- set weight = 'power(' ~ (100 - weight_pct) / 100 ~ 'e0, age_days)' %}
            sum({{ weight }} * (log_usage - fitted_log_usage))
            / sum({{ weight }}) as level_log_{{ weight_pct }},
        {%- endfor %}
        round(
            1.2533e0 * avg(
                case when age_days < 364 then abs(log_usage - fitted_log_usage) end
            ), 10
        ) as residual_spread
    from window_days
    where age_days < window_days
    group by origin_number, server_id, metric
),

weighted_levels as (
    select
        levels.origin_number,
        levels.server_id,
        levels.metric,
        cast(weights.level_weight_pct as bigint) as level_weight_pct,
        case weights.level_weight_pct
            {%- for weight_pct in level_weights() %}
                when {{ weight_pct }} then levels.level_log_{{ weight_pct }}
            {%- endfor %}
        end as level_log,
        levels.residual_spread
    from levels
    cross join
        unnest(array[{{ level_weights() | join(', ') }}])
            as weights (level_weight_pct)
)

select * from weighted_levels
