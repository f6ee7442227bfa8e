-- One row per forecast origin and series with a history window: where the series stands
-- relative to its calendar fit, and how far single days scatter about it.
-- The level is that of the smoothing parameter which erred least in the metric from the
-- older origins, over at most the scored days that the origin knows. The spread is the
-- mean absolute residual of the last 364 days in standard deviations of a normal one:
-- spikes move it less. It is rounded, so that usage which never moved has none: what a
-- fit leaves of it is the last bits of its sums.
{%- set numbers = smoothing_numbers() %}
with forecast_windows as (
    select * from {{ ref('int_forecast_windows') }}
),

origins as (
    select * from {{ ref('int_forecast_origins') }}
),

coefficients as (
    select * from {{ ref('int_sql_forecast_coefficients') }}
),

forecast_days as (
    select * from {{ ref('int_forecast_days') }}
),

calendar_terms as (
    select * from {{ ref('int_calendar_terms') }}
),

smoothing_parameters as (
    select
        cast(item as bigint) as smoothing_number,
        value as smoothing_parameter
    from {{ ref('forecast_design') }}
    where parameter = 'smoothing_parameter'
),

-- the bounds are columns of few rows: as conditions of a join DuckDB meets every day
fitted_windows as (
    select
        coefficients.*,
        forecast_windows.calendar_id,
        forecast_windows.log_floor,
        forecast_windows.origin_date,
        {{ add_days(
            'forecast_windows.origin_date',
            '1 - cast(least(364, forecast_windows.window_days) as integer)'
        ) }} as first_date,
        {{ add_days(
            'forecast_windows.origin_date',
            'cast(least(' ~ design_value('scored_days') ~ ', '
            ~ var('backtest_spacing_days') ~ ') as integer)'
        ) }} as last_date
    from forecast_windows
    inner join coefficients
        on
            forecast_windows.origin_number = coefficients.origin_number
            and forecast_windows.server_id = coefficients.server_id
            and forecast_windows.metric = coefficients.metric
),

residual_days as (
    select
        fitted_windows.origin_number,
        fitted_windows.server_id,
        fitted_windows.metric,
        {%- for number in numbers %}
            fitted_windows.level_log_{{ number }},
        {%- endfor %}
        forecast_days.metric_date > fitted_windows.origin_date as is_ahead,
        case
            when forecast_days.metric_date <= fitted_windows.origin_date
                then forecast_days.log_usage
            when forecast_days.measured_value is not null
                then
                    ln(greatest(
                        forecast_days.measured_value, fitted_windows.log_floor
                    ))
        end - ({{ calendar_fit('fitted_windows', 'calendar_terms') }}) as log_residual
    from fitted_windows
    inner join forecast_days
        on
            fitted_windows.server_id = forecast_days.server_id
            and fitted_windows.metric = forecast_days.metric
            and fitted_windows.first_date <= forecast_days.metric_date
            and fitted_windows.last_date >= forecast_days.metric_date
    inner join calendar_terms
        on
            fitted_windows.calendar_id = calendar_terms.calendar_id
            and forecast_days.metric_date = calendar_terms.calendar_date
),

series_errors as (
    select
        origin_number,
        server_id,
        metric,
        round(
            {{ design_value('mean_deviation_sd') }}
            * avg(abs(log_residual)) filter (where not is_ahead), 10
        ) as residual_spread,
        {%- for number in numbers %}
            sum(abs(log_residual - level_log_{{ number }})) filter (where is_ahead)
                as error_sum_{{ number }},
        {%- endfor %}
        count(log_residual) filter (where is_ahead) as day_count
    from residual_days
    group by origin_number, server_id, metric
),

level_errors as (
    select
        series_errors.origin_number,
        series_errors.metric,
        smoothing_parameters.smoothing_parameter,
        sum(case smoothing_parameters.smoothing_number
            {%- for number in numbers %}
                when {{ number }} then series_errors.error_sum_{{ number }}
            {%- endfor %}
        end) as error_sum,
        sum(series_errors.day_count) as day_count
    from series_errors
    cross join smoothing_parameters
    where series_errors.day_count > 0
    group by
        series_errors.origin_number,
        series_errors.metric,
        smoothing_parameters.smoothing_parameter
),

ranked_parameters as (
    select
        origins.origin_number,
        level_errors.metric,
        level_errors.smoothing_parameter,
        row_number() over (
            partition by origins.origin_number, level_errors.metric
            order by
                round(sum(level_errors.error_sum) / sum(level_errors.day_count), 9),
                level_errors.smoothing_parameter
        ) as error_rank
    from origins
    inner join level_errors on origins.origin_number < level_errors.origin_number
    group by
        origins.origin_number,
        level_errors.metric,
        level_errors.smoothing_parameter
),

levels as (
    select
        coefficients.origin_number,
        coefficients.server_id,
        coefficients.metric,
        smoothing_parameters.smoothing_parameter,
        case smoothing_parameters.smoothing_number
            {%- for number in numbers %}
                when {{ number }} then coefficients.level_log_{{ number }}
            {%- endfor %}
        end as level_log,
        series_errors.residual_spread
    from coefficients
    inner join series_errors
        on
            coefficients.origin_number = series_errors.origin_number
            and coefficients.server_id = series_errors.server_id
            and coefficients.metric = series_errors.metric
    left join ranked_parameters
        on
            coefficients.origin_number = ranked_parameters.origin_number
            and coefficients.metric = ranked_parameters.metric
            and ranked_parameters.error_rank = 1
    inner join smoothing_parameters
        on
            coalesce(
                ranked_parameters.smoothing_parameter,
                {{ design_value('default_smoothing_parameter') }}
            ) = smoothing_parameters.smoothing_parameter
)

select * from levels
