-- One row per forecast origin and series with a history window.
-- The level is an exponentially weighted mean of the residual (alpha 0.05), written as a
-- weighted sum: the weight is a power of the age. The spread is 1.2533 times the mean
-- absolute residual of the last 364 days: the standard deviation of a normal one, less
-- moved by spikes. It is rounded, so that a load which never moved has none: what a fit
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
        forecast_days.load_date,
        forecast_days.log_load,
        {{ days_between('forecast_days.load_date', 'forecast_windows.origin_date') }}
            as age_days,
        {{ calendar_fit('coefficients', 'calendar_terms') }} as fitted_log_load
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
            and forecast_windows.origin_date >= forecast_days.load_date
    inner join calendar_terms
        on
            forecast_windows.calendar_id = calendar_terms.calendar_id
            and forecast_days.load_date = calendar_terms.calendar_date
),

levels as (
    select
        origin_number,
        server_id,
        metric,
        sum(power(0.95e0, age_days) * (log_load - fitted_log_load))
        / sum(power(0.95e0, age_days)) as level_log,
        round(
            1.2533e0 * avg(
                case when age_days < 364 then abs(log_load - fitted_log_load) end
            ), 10
        ) as residual_spread
    from window_days
    where age_days < window_days
    group by origin_number, server_id, metric
)

select * from levels
