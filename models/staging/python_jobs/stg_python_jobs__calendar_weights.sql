-- One row per calendar, forecast origin, history window and day: the projection weights
-- of the newest published run.
with calendar_weights as (
    select * from {{ source('python_jobs', 'calendar_weights') }}
),

runs as (
    select * from {{ ref('stg_python_jobs__runs') }}
    where job = 'calendar_weights'
),

published_calendar_weights as (
    select
        calendar_weights.calendar_id,
        calendar_weights.origin_number,
        calendar_weights.window_days,
        calendar_weights.weight_date,
        calendar_weights.origin_date,
        calendar_weights.as_of_date,
        {%- for term in forecast_terms() %}
            calendar_weights.w_{{ term }},
        {%- endfor %}
        calendar_weights.run_id
    from calendar_weights
    inner join runs on calendar_weights.run_id = runs.run_id
)

select * from published_calendar_weights
