-- One row per build: whether the newest published job forecasts can be used on the
-- as-of date, and if not, why: missing, stale (older than forecast_max_age_days), empty
-- (no series had the history to be fitted) or broken (a row breaks a rule, or a series'
-- horizon has a hole). One broken row distrusts the whole run.
with as_of_dates as (
    select * from {{ ref('int_as_of_dates') }}
),

usage_forecasts as (
    select * from {{ ref('stg_python_jobs__usage_forecasts') }}
    where origin_number = 0 and {{ from_published_run() }}
),

runs as (
    select * from {{ ref('int_published_runs') }}
    where job = 'usage_forecasts'
),

series as (
    select * from {{ ref('int_series') }}
),

counted_series as (
    select
        usage_forecasts.run_id,
        usage_forecasts.server_id,
        usage_forecasts.metric,
        usage_forecasts.forecast_model,
        count(distinct usage_forecasts.target_date) as target_day_count,
        count(*) as row_count,
        count(
            case
                when
                    not coalesce(
                        usage_forecasts.forecast_q2_5 >= 0e0
                        {%- for suffix, _ in forecast_quantiles()[1:] %}
                            {%- set lower = forecast_quantiles()[loop.index0][0] %}
                            and usage_forecasts.forecast_{{ suffix }}
                            >= usage_forecasts.forecast_{{ lower }}
                        {%- endfor %}
                        and usage_forecasts.forecast_value >= 0e0
                        and usage_forecasts.forecast_value < 1e15
                        and usage_forecasts.forecast_q97_5
                        <= case series.usage_unit
                            when 'percent' then 100e0 else 1e15
                        end,
                        false
                    )
                    then 1
            end
        ) as broken_row_count
    from usage_forecasts
    left join series
        on
            usage_forecasts.server_id = series.server_id
            and usage_forecasts.metric = series.metric
    group by
        usage_forecasts.run_id,
        usage_forecasts.server_id,
        usage_forecasts.metric,
        usage_forecasts.forecast_model
),

newest_runs as (
    select
        as_of_dates.as_of_date,
        max(runs.as_of_date) as run_as_of_date,
        max(runs.row_count) as run_row_count
    from as_of_dates
    left join runs on as_of_dates.as_of_date >= runs.as_of_date
    group by as_of_dates.as_of_date
),

forecast_runs as (
    select
        newest_runs.as_of_date,
        newest_runs.run_as_of_date,
        case
            when newest_runs.run_as_of_date is null then 'missing'
            when
                {{ days_between(
                    'newest_runs.run_as_of_date', 'newest_runs.as_of_date'
                ) }} > {{ var('forecast_max_age_days') }}
                then 'stale'
            when newest_runs.run_row_count = 0 then 'empty'
            when
                count(counted_series.run_id) = 0
                or count(
                    case
                        when
                            counted_series.broken_row_count > 0
                            or counted_series.row_count
                            != counted_series.target_day_count
                            or counted_series.target_day_count
                            != {{ var('horizon_days') }}
                            then 1
                    end
                ) > 0
                then 'broken'
            else 'usable'
        end as run_state
    from newest_runs
    left join counted_series on newest_runs.run_as_of_date is not null
    group by
        newest_runs.as_of_date,
        newest_runs.run_as_of_date,
        newest_runs.run_row_count
)

select * from forecast_runs
