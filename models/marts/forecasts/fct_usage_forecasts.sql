-- One row per series and day ahead: the forecast that was chosen.
-- The champion's row where the job published a usable one, else the SQL forecast, else
-- the weekday mean; forecast_source says which, fallback_reason why the job's is not used.
with chosen_forecasts as (
    select * from {{ ref('int_chosen_forecasts') }}
),

calendar_days as (
    select * from {{ ref('int_calendar_days') }}
),

dated_forecasts as (
    select
        chosen_forecasts.server_id,
        chosen_forecasts.metric,
        chosen_forecasts.target_date,
        chosen_forecasts.as_of_date,
        chosen_forecasts.origin_date,
        calendar_days.quarter_end_date,
        {{ days_between(
            'chosen_forecasts.as_of_date', 'chosen_forecasts.target_date'
        ) }} as horizon_days,
        chosen_forecasts.forecast_model,
        chosen_forecasts.forecast_source,
        chosen_forecasts.fallback_reason,
        chosen_forecasts.usage_unit,
        chosen_forecasts.capacity_value,
        chosen_forecasts.forecast_value,
        {%- for suffix, _ in forecast_quantiles() %}
            chosen_forecasts.forecast_{{ suffix }},
        {%- endfor %}
        100e0 * chosen_forecasts.forecast_value
        / nullif(chosen_forecasts.capacity_value, 0e0) as forecast_pct,
        chosen_forecasts.is_eoq_window
    from chosen_forecasts
    inner join calendar_days
        on
            chosen_forecasts.calendar_id = calendar_days.calendar_id
            and chosen_forecasts.target_date = calendar_days.calendar_date
)

select * from dated_forecasts
