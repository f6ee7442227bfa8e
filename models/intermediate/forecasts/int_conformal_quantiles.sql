-- One row per forecast origin (live and calibrated), metric, EOQ flag and horizon band:
-- quantiles (nearest rank) of the standardised log errors known at the origin, those of
-- older origins on days up to it.
-- A band with too few errors borrows from the nearest shorter band, then the nearest
-- longer one, then from the other EOQ flag. A backtest is calibrated by errors up to the
-- spacing of the origins: longer horizons are for the live forecast alone.
with sql_forecast_days as (
    select * from {{ ref('int_sql_forecast_days') }}
    where
        origin_number > 0
        and log_error is not null
        and residual_spread > 0e0
),

origins as (
    select * from {{ ref('int_forecast_origins') }}
    where origin_number <= {{ calibrated_origin_count() }}
),

bands as (
    select
        parameter = 'eoq_band_days' as is_eoq_window,
        cast(value as bigint) as horizon_band
    from {{ ref('forecast_design') }}
    where parameter in ('horizon_band_days', 'eoq_band_days')
),

sorted_errors as (
    select
        origins.origin_number,
        sql_forecast_days.metric,
        sql_forecast_days.is_eoq_window,
        sql_forecast_days.horizon_band,
        count(*) as error_count,
        array_sort(array_agg(
            sql_forecast_days.log_error / sql_forecast_days.residual_spread
        )) as standard_errors
    from origins
    inner join sql_forecast_days
        on
            origins.origin_number < sql_forecast_days.origin_number
            and origins.origin_date >= sql_forecast_days.target_date
    where
        origins.origin_number = 0
        or sql_forecast_days.horizon_days <= {{ var('backtest_spacing_days') }}
    group by
        origins.origin_number,
        sql_forecast_days.metric,
        sql_forecast_days.is_eoq_window,
        sql_forecast_days.horizon_band
    having count(*) >= {{ design_value('fewest_errors') }}
),

band_quantiles as (
    select
        origin_number,
        metric,
        is_eoq_window,
        {%- for suffix, per_mille in forecast_quantiles() %}
            standard_errors[(error_count * {{ per_mille }} + 999) / 1000]
                as error_{{ suffix }},
        {%- endfor %}
        horizon_band
    from sorted_errors
),

ranked_bands as (
    select
        band_quantiles.*,
        bands.is_eoq_window as is_eoq_window_wanted,
        bands.horizon_band as horizon_band_wanted,
        row_number() over (
            partition by
                band_quantiles.origin_number,
                band_quantiles.metric,
                bands.is_eoq_window,
                bands.horizon_band
            order by
                case
                    when bands.is_eoq_window = band_quantiles.is_eoq_window then 0
                    else 1
                end,
                case
                    when bands.horizon_band >= band_quantiles.horizon_band
                        then bands.horizon_band - band_quantiles.horizon_band
                    else 1000 + band_quantiles.horizon_band
                end
        ) as preference
    from band_quantiles
    cross join bands
),

conformal_quantiles as (
    select
        origin_number,
        metric,
        is_eoq_window_wanted as is_eoq_window,
        {%- for suffix, _ in forecast_quantiles() %}
            error_{{ suffix }},
        {%- endfor %}
        horizon_band_wanted as horizon_band
    from ranked_bands
    where preference = 1
)

select * from conformal_quantiles
