-- One row per forecast origin, series and day ahead: the SQL forecast of the log usage.
-- The live origin reaches horizon_days past the as-of date; an older one every day since
-- that was lived, at most as far, so that the error of long horizons is known too.
with forecast_windows as (
    select * from {{ ref('int_forecast_windows') }}
),

coefficients as (
    select * from {{ ref('int_sql_forecast_coefficients') }}
),

levels as (
    select * from {{ ref('int_sql_forecast_levels') }}
),

weekday_means as (
    select * from {{ ref('int_weekday_means') }}
),

calendar_terms as (
    select * from {{ ref('int_calendar_terms') }}
),

as_of_dates as (
    select * from {{ ref('int_as_of_dates') }}
),

horizons as (
    select
        forecast_windows.origin_number,
        forecast_windows.server_id,
        forecast_windows.metric,
        forecast_windows.origin_date,
        forecast_windows.calendar_id,
        case
            when forecast_windows.origin_number = 0 then as_of_dates.as_of_date
            else forecast_windows.origin_date
        end as last_known_date,
        case
            when forecast_windows.origin_number = 0
                then {{ add_days('as_of_dates.as_of_date', var('horizon_days')) }}
            else
                least(
                    {{ add_days('forecast_windows.origin_date', var('horizon_days')) }},
                    as_of_dates.as_of_date
                )
        end as last_target_date
    from forecast_windows
    cross join as_of_dates
),

calendar_forecast_days as (
    select
        horizons.origin_number,
        horizons.server_id,
        horizons.metric,
        calendar_terms.calendar_date as target_date,
        horizons.origin_date,
        {{ days_between('horizons.origin_date', 'calendar_terms.calendar_date') }}
            as horizon_days,
        'sql_forecast' as forecast_model,
        {{ calendar_fit('coefficients', 'calendar_terms') }} + levels.level_log
            as forecast_log,
        levels.residual_spread,
        calendar_terms.x_eoq_window > 0e0 as is_eoq_window
    from horizons
    inner join calendar_terms
        on
            horizons.calendar_id = calendar_terms.calendar_id
            and horizons.last_known_date < calendar_terms.calendar_date
            and horizons.last_target_date >= calendar_terms.calendar_date
    inner join coefficients
        on
            horizons.origin_number = coefficients.origin_number
            and horizons.server_id = coefficients.server_id
            and horizons.metric = coefficients.metric
    inner join levels
        on
            horizons.origin_number = levels.origin_number
            and horizons.server_id = levels.server_id
            and horizons.metric = levels.metric
),

weekday_forecast_days as (
    select
        horizons.origin_number,
        horizons.server_id,
        horizons.metric,
        calendar_terms.calendar_date as target_date,
        horizons.origin_date,
        {{ days_between('horizons.origin_date', 'calendar_terms.calendar_date') }}
            as horizon_days,
        'weekday_mean' as forecast_model,
        weekday_means.log_mean as forecast_log,
        weekday_means.residual_spread,
        calendar_terms.x_eoq_window > 0e0 as is_eoq_window
    from horizons
    inner join calendar_terms
        on
            horizons.calendar_id = calendar_terms.calendar_id
            and horizons.last_known_date < calendar_terms.calendar_date
            and horizons.last_target_date >= calendar_terms.calendar_date
    inner join weekday_means
        on
            horizons.origin_number = weekday_means.origin_number
            and horizons.server_id = weekday_means.server_id
            and horizons.metric = weekday_means.metric
            and {{ iso_weekday('calendar_terms.calendar_date') }}
            = weekday_means.weekday_number
),

sql_forecast_days as (
    select * from calendar_forecast_days
    union all
    select * from weekday_forecast_days
)

select * from sql_forecast_days
