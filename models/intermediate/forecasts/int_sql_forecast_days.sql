-- One row per forecast origin, series and day ahead: the SQL forecast of the log usage,
-- beside what was measured since; errors are of measured values only, never of imputed
-- ones. The live origin reaches horizon_days past the as-of date; an older one every day
-- since, at most as far, so that the error of long horizons is known too.
with origins as (
    select * from {{ ref('int_forecast_origins') }}
),

forecast_windows as (
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

forecast_days as (
    select * from {{ ref('int_forecast_days') }}
    where measured_value is not null
),

horizon_bands as (
    select
        horizons.horizon_days,
        bands.parameter = 'eoq_band_days' as is_eoq_window,
        cast(coalesce(
            min(case when horizons.horizon_days <= bands.value then bands.value end),
            max(bands.value)
        ) as bigint) as horizon_band
    from {{ ref('forecast_design') }} as bands
    cross join
        unnest({{ integers_between(1, var('horizon_days')) }})
            as horizons (horizon_days)
    where bands.parameter in ('horizon_band_days', 'eoq_band_days')
    group by horizons.horizon_days, bands.parameter
),

days_ahead as (
    select
        origins.origin_number,
        origins.origin_date,
        horizon_bands.horizon_days,
        cast(ceil(
            horizon_bands.horizon_days / {{ design_value('block_days') }}
        ) as bigint) as horizon_block,
        horizon_bands.horizon_band,
        horizon_bands.is_eoq_window,
        {{ iso_weekday('calendar_terms.calendar_date') }} as weekday_number,
        calendar_terms.*
    from origins
    cross join calendar_terms
    inner join horizon_bands
        on
            horizon_bands.horizon_days
            = {{ days_between('origins.origin_date', 'calendar_terms.calendar_date') }}
            and horizon_bands.is_eoq_window = (calendar_terms.x_eoq_window > 0e0)
    where
        origins.origin_number = 0
        or calendar_terms.calendar_date
        <= (select max(all_origins.origin_date) from origins as all_origins)
),

-- few rows are sorted instead of all days, which come out by origin, day and series: like
-- beside like keeps DuckDB's file small
fitted_windows as (
    select
        forecast_windows.calendar_id,
        forecast_windows.log_floor,
        levels.level_log,
        levels.residual_spread,
        coefficients.*
    from forecast_windows
    inner join coefficients
        on
            forecast_windows.origin_number = coefficients.origin_number
            and forecast_windows.server_id = coefficients.server_id
            and forecast_windows.metric = coefficients.metric
    inner join levels
        on
            forecast_windows.origin_number = levels.origin_number
            and forecast_windows.server_id = levels.server_id
            and forecast_windows.metric = levels.metric
    order by
        coefficients.origin_number,
        coefficients.server_id,
        coefficients.metric
),

{% set horizon -%}
        days_ahead.calendar_date as target_date,
        days_ahead.origin_date,
        days_ahead.horizon_days,
        days_ahead.horizon_block,
        days_ahead.horizon_band,
        days_ahead.is_eoq_window
{%- endset -%}
series_days as (
    select
        fitted_windows.origin_number,
        fitted_windows.server_id,
        fitted_windows.metric,
        'sql_forecast' as forecast_model,
        {{ calendar_fit('fitted_windows', 'days_ahead') }} + fitted_windows.level_log
            as forecast_log,
        fitted_windows.residual_spread,
        fitted_windows.log_floor,
        {{ horizon }}
    from fitted_windows
    inner join days_ahead
        on
            fitted_windows.origin_number = days_ahead.origin_number
            and fitted_windows.calendar_id = days_ahead.calendar_id
    union all
    select
        weekday_means.origin_number,
        weekday_means.server_id,
        weekday_means.metric,
        'weekday_mean' as forecast_model,
        weekday_means.log_mean as forecast_log,
        weekday_means.residual_spread,
        forecast_windows.log_floor,
        {{ horizon }}
    from forecast_windows
    inner join weekday_means
        on
            forecast_windows.origin_number = weekday_means.origin_number
            and forecast_windows.server_id = weekday_means.server_id
            and forecast_windows.metric = weekday_means.metric
    inner join days_ahead
        on
            forecast_windows.origin_number = days_ahead.origin_number
            and forecast_windows.calendar_id = days_ahead.calendar_id
            and weekday_means.weekday_number = days_ahead.weekday_number
),

sql_forecast_days as (
    select
        series_days.origin_number,
        series_days.server_id,
        series_days.metric,
        series_days.target_date,
        series_days.origin_date,
        series_days.horizon_days,
        series_days.horizon_block,
        series_days.horizon_band,
        series_days.forecast_model,
        series_days.forecast_log,
        series_days.residual_spread,
        forecast_days.measured_value,
        case
            when forecast_days.measured_value is not null
                then
                    ln(greatest(forecast_days.measured_value, series_days.log_floor))
                    - series_days.forecast_log
        end as log_error,
        series_days.is_eoq_window
    from series_days
    left join forecast_days
        on
            series_days.server_id = forecast_days.server_id
            and series_days.metric = forecast_days.metric
            and series_days.target_date = forecast_days.metric_date
)

select * from sql_forecast_days
