-- One row per forecast origin and series with a history window.
-- Least squares as a weighted sum: the projection weights of the calendar's design, times
-- the log usage, summed over the window.
{%- set weighted_sums = [] %}
{%- for term in forecast_terms() %}
    {%- do weighted_sums.append(
        'sum(calendar_weights.w_' ~ term ~ ' * forecast_days.log_usage) as b_' ~ term
    ) %}
{%- endfor %}
with forecast_windows as (
    select * from {{ ref('int_forecast_windows') }}
),

forecast_days as (
    select * from {{ ref('int_forecast_days') }}
),

calendar_weights as (
    select * from {{ ref('stg_python_jobs__calendar_weights') }}
),

coefficients as (
    select
        forecast_windows.origin_number,
        forecast_windows.server_id,
        forecast_windows.metric,
        {{ weighted_sums | join(',\n        ') }}
    from forecast_windows
    inner join calendar_weights
        on
            forecast_windows.calendar_id = calendar_weights.calendar_id
            and forecast_windows.origin_number = calendar_weights.origin_number
            and forecast_windows.window_days = calendar_weights.window_days
    inner join forecast_days
        on
            forecast_windows.server_id = forecast_days.server_id
            and forecast_windows.metric = forecast_days.metric
            and calendar_weights.weight_date = forecast_days.metric_date
    group by
        forecast_windows.origin_number,
        forecast_windows.server_id,
        forecast_windows.metric
)

select * from coefficients
