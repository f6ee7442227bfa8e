-- One row per forecast origin and series with a history window.
-- Least squares as a weighted sum: the projection weights of the calendar's design, times
-- the log usage, summed over the window. So is a level, the exponentially weighted mean
-- of the residual, where a day weighs a power of its age: that of the log usage, less the
-- coefficients times that of the terms, which all series of a calendar share. Weights
-- older than the origin end before the level does; days between the two weigh nothing.
{%- set terms = forecast_terms() %}
{%- set numbers = smoothing_numbers() %}
with forecast_windows as (
    select * from {{ ref('int_forecast_windows') }}
    where window_days is not null
),

forecast_days as (
    select * from {{ ref('int_forecast_days') }}
),

calendar_weights as (
    select * from {{ ref('stg_python_jobs__calendar_weights') }}
    where {{ from_published_run() }}
),

calendar_terms as (
    select * from {{ ref('int_calendar_terms') }}
),

windows as (
    select distinct
        calendar_id,
        origin_number,
        origin_date,
        window_days
    from forecast_windows
),

aged_days as (
    select
        windows.origin_number,
        windows.window_days,
        calendar_terms.*,
        {%- for term in terms %}
            coalesce(calendar_weights.w_{{ term }}, 0e0) as w_{{ term }},
        {%- endfor %}
        calendar_weights.weight_date is not null as is_weighted,
        {{ days_between('calendar_terms.calendar_date', 'windows.origin_date') }}
            as age_days,
        {{ days_between(
            'max(calendar_weights.weight_date) over (partition by'
            ~ ' windows.calendar_id, windows.origin_number, windows.window_days)',
            'windows.origin_date'
        ) }} as weights_age_days
    from windows
    inner join calendar_terms
        on
            windows.calendar_id = calendar_terms.calendar_id
            and windows.origin_date >= calendar_terms.calendar_date
    left join calendar_weights
        on
            windows.calendar_id = calendar_weights.calendar_id
            and windows.origin_number = calendar_weights.origin_number
            and windows.window_days = calendar_weights.window_days
            and calendar_terms.calendar_date = calendar_weights.weight_date
),

weighted_days as (
    select
        {%- for number in numbers %}
            case
                when age_days < window_days
                    then
                        power(
                            1e0 - {{ design_value('smoothing_parameter', number) }},
                            age_days
                        )
                else 0e0
            end as v_{{ number }},
        {%- endfor %}
        aged_days.*
    from aged_days
    where
        is_weighted
        or age_days < greatest(window_days, coalesce(weights_age_days, 0))
),

term_sums as (
    select
        calendar_id,
        origin_number,
        {%- for number in numbers %}
            {%- for term in terms %}
                sum(v_{{ number }} * x_{{ term }}) as x_{{ number }}_{{ term }},
            {%- endfor %}
            sum(v_{{ number }}) as v_{{ number }},
        {%- endfor %}
        window_days
    from weighted_days
    group by calendar_id, origin_number, window_days
),

{{ usage_sums() }},

coefficients as (
    select
        usage_sums.origin_number,
        usage_sums.server_id,
        {%- for term in terms %}
            usage_sums.b_{{ term }},
        {%- endfor %}
        {%- for number in numbers %}
            (
                usage_sums.y_{{ number }}
                {%- for term in terms %}
                    - usage_sums.b_{{ term }} * term_sums.x_{{ number }}_{{ term }}
                {%- endfor %}
            ) / term_sums.v_{{ number }}
                as level_log_{{ number }},
        {%- endfor %}
        usage_sums.metric
    from usage_sums
    inner join term_sums
        on
            usage_sums.calendar_id = term_sums.calendar_id
            and usage_sums.origin_number = term_sums.origin_number
            and usage_sums.window_days = term_sums.window_days
)

select * from coefficients
