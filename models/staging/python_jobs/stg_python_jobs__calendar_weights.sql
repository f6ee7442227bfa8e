-- One row per run, calendar, forecast origin, history window and day: the projection
-- weights.
with calendar_weights as (
    select * from {{ source('python_jobs', 'calendar_weights') }}
),

staged_calendar_weights as (
    select
        calendar_id,
        origin_number,
        window_days,
        weight_date,
        origin_date,
        as_of_date,
        {%- for term in forecast_terms() %}
            w_{{ term }},
        {%- endfor %}
        run_id
    from calendar_weights
)

select * from staged_calendar_weights
