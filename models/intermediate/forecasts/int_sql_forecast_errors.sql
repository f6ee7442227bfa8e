-- One row per backtest origin, series, model of SQL, 10-day block of the horizon and EOQ
-- flag: sums of the errors of the measured days, as far ahead as backtests are scored.
-- Intervals are scored at the origins that had enough known errors to make them. The
-- seasonal naive models are the benchmarks that a forecast must beat, on the same days:
-- that of 7 days repeats the last week before the origin, that of 364 days the same
-- weekday a year before.
with sql_forecast_days as (
    select * from {{ ref('int_sql_forecast_days') }}
    where
        origin_number > 0
        and measured_value is not null
        and horizon_days <= {{ design_value('scored_days') }}
),

conformal_quantiles as (
    select * from {{ ref('int_conformal_quantiles') }}
),

forecast_days as (
    select * from {{ ref('int_forecast_days') }}
),

series as (
    select * from {{ ref('int_series') }}
),

naive_models as (
    select
        model,
        season_days
    from {{ ref('forecast_models') }}
    where season_days is not null
),

{% set keys = [
    'origin_number', 'origin_date', 'server_id', 'metric', 'horizon_block',
    'is_eoq_window',
] -%}
-- the date is a column: as a condition between three tables DuckDB meets every day first
naive_days as (
    select
        {%- for key in keys %}
            sql_forecast_days.{{ key }},
        {%- endfor %}
        sql_forecast_days.measured_value,
        naive_models.model as forecast_model,
        {{ add_days(
            'sql_forecast_days.target_date',
            '-((sql_forecast_days.horizon_days - 1) / naive_models.season_days + 1)'
            ~ ' * naive_models.season_days'
        ) }} as repeated_date
    from sql_forecast_days
    cross join naive_models
),

scored_days as (
    select
        {%- for key in keys %}
            sql_forecast_days.{{ key }},
        {%- endfor %}
        sql_forecast_days.forecast_model,
        {{ usage_from_log('sql_forecast_days.forecast_log', 'series.usage_unit') }}
            as forecast_value,
        {%- for suffix, _ in forecast_quantiles() %}
            {{ usage_from_log(
                'sql_forecast_days.forecast_log + sql_forecast_days.residual_spread'
                ~ ' * conformal_quantiles.error_' ~ suffix,
                'series.usage_unit'
            ) }} as forecast_{{ suffix }},
        {%- endfor %}
        sql_forecast_days.measured_value
    from sql_forecast_days
    inner join series
        on
            sql_forecast_days.server_id = series.server_id
            and sql_forecast_days.metric = series.metric
    left join conformal_quantiles
        on
            sql_forecast_days.origin_number = conformal_quantiles.origin_number
            and sql_forecast_days.metric = conformal_quantiles.metric
            and sql_forecast_days.is_eoq_window = conformal_quantiles.is_eoq_window
            and sql_forecast_days.horizon_band = conformal_quantiles.horizon_band
    union all
    select
        {%- for key in keys %}
            naive_days.{{ key }},
        {%- endfor %}
        naive_days.forecast_model,
        forecast_days.usage_value as forecast_value,
        {%- for suffix, _ in forecast_quantiles() %}
            cast(null as double) as forecast_{{ suffix }},
        {%- endfor %}
        naive_days.measured_value
    from naive_days
    inner join forecast_days
        on
            naive_days.server_id = forecast_days.server_id
            and naive_days.metric = forecast_days.metric
            and naive_days.repeated_date = forecast_days.metric_date
),

sql_forecast_errors as (
    select
        {{ keys | join(',\n        ') }},
        forecast_model,
        {{ error_sums() }}
    from scored_days
    group by
        {{ keys | join(',\n        ') }},
        forecast_model
)

select * from sql_forecast_errors
