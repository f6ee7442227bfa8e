-- One row per series and day ahead: the champion's forecast where the job published a
-- usable one, else the SQL forecast, else the weekday mean; the columns say which and why.
with sql_forecast_days as (
    select * from {{ ref('int_sql_forecast_days') }}
    where origin_number = 0
),

usage_forecasts as (
    select * from {{ ref('stg_python_jobs__usage_forecasts') }}
    where origin_number = 0 and {{ from_published_run() }}
),

forecast_windows as (
    select * from {{ ref('int_forecast_windows') }}
    where origin_number = 0
),

conformal_quantiles as (
    select * from {{ ref('int_conformal_quantiles') }}
    where origin_number = 0
),

forecast_runs as (
    select * from {{ ref('int_forecast_runs') }}
),

forecast_champions as (
    select * from {{ ref('int_forecast_champions') }}
    where champion_scope = 'live'
),

series_states as (
    select * from {{ ref('stg_python_jobs__series_states') }}
    where {{ from_published_run() }}
),

sql_forecasts as (
    select
        sql_forecast_days.*,
        forecast_windows.calendar_id,
        forecast_windows.usage_unit,
        forecast_windows.capacity_value,
        {{ usage_from_log(
            'sql_forecast_days.forecast_log', 'forecast_windows.usage_unit'
        ) }} as forecast_value,
        {%- for suffix, _ in forecast_quantiles() %}
            {{ usage_from_log(
                'sql_forecast_days.forecast_log + sql_forecast_days.residual_spread'
                ~ ' * conformal_quantiles.error_' ~ suffix,
                'forecast_windows.usage_unit'
            ) }} as forecast_{{ suffix }},
        {%- endfor %}
        forecast_windows.log_floor
    from sql_forecast_days
    inner join forecast_windows
        on
            sql_forecast_days.server_id = forecast_windows.server_id
            and sql_forecast_days.metric = forecast_windows.metric
    left join conformal_quantiles
        on
            sql_forecast_days.metric = conformal_quantiles.metric
            and sql_forecast_days.is_eoq_window = conformal_quantiles.is_eoq_window
            and sql_forecast_days.horizon_band = conformal_quantiles.horizon_band
),

chosen_forecasts as (
    select
        sql_forecasts.server_id,
        sql_forecasts.metric,
        sql_forecasts.target_date,
        forecast_runs.as_of_date,
        coalesce(usage_forecasts.origin_date, sql_forecasts.origin_date) as origin_date,
        coalesce(usage_forecasts.forecast_model, sql_forecasts.forecast_model)
            as forecast_model,
        case
            when usage_forecasts.forecast_model is not null then 'job'
            when sql_forecasts.forecast_model = 'weekday_mean' then 'weekday_mean'
            else 'sql'
        end as forecast_source,
        case
            when forecast_runs.run_state != 'usable' then forecast_runs.run_state
            when
                usage_forecasts.forecast_model is null
                and forecast_champions.forecast_model != sql_forecasts.forecast_model
                then coalesce(series_states.rejection_reason, 'not_covered')
        end as fallback_reason,
        sql_forecasts.calendar_id,
        sql_forecasts.usage_unit,
        sql_forecasts.capacity_value,
        case
            when usage_forecasts.forecast_model is null then sql_forecasts.forecast_log
            else ln(greatest(usage_forecasts.forecast_value, sql_forecasts.log_floor))
        end as forecast_log,
        coalesce(usage_forecasts.forecast_value, sql_forecasts.forecast_value)
            as forecast_value,
        {%- for suffix, _ in forecast_quantiles() %}
            coalesce(
                usage_forecasts.forecast_{{ suffix }},
                sql_forecasts.forecast_{{ suffix }}
            ) as forecast_{{ suffix }},
        {%- endfor %}
        sql_forecasts.is_eoq_window
    from sql_forecasts
    cross join forecast_runs
    inner join forecast_champions on sql_forecasts.metric = forecast_champions.metric
    left join usage_forecasts
        on
            sql_forecasts.server_id = usage_forecasts.server_id
            and sql_forecasts.metric = usage_forecasts.metric
            and sql_forecasts.target_date = usage_forecasts.target_date
            and forecast_champions.forecast_model = usage_forecasts.forecast_model
            and forecast_runs.run_state = 'usable'
    left join series_states
        on
            sql_forecasts.server_id = series_states.server_id
            and sql_forecasts.metric = series_states.metric
)

select * from chosen_forecasts
