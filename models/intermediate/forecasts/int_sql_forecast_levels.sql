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

residual_days as (
    select
        coefficients.*,
        forecast_days.metric_date > forecast_windows.origin_date as is_ahead,
        case
            when forecast_days.metric_date <= forecast_windows.origin_date
                then forecast_days.log_usage
            when forecast_days.measured_value is not null
                then
                    ln(greatest(
                        forecast_days.measured_value, forecast_windows.log_floor
                    ))
        end - ({{ calendar_fit('coefficients', 'calendar_terms') }}) as log_residual
    from forecast_windows
    inner join coefficients
        on
            forecast_windows.origin_number = coefficients.origin_number
            and forecast_windows.server_id = coefficients.server_id
            and forecast_windows.metric = coefficients.metric
    inner join forecast_days
        on
            forecast_windows.server_id = forecast_days.server_id
            and forecast_windows.metric = forecast_days.metric
            and {{ add_days(
                'forecast_windows.origin_date',
                '-cast(least(364, forecast_windows.window_days) as integer)'
            ) }} < forecast_days.metric_date
    inner join calendar_terms
        on
            forecast_windows.calendar_id = calendar_terms.calendar_id
            and forecast_days.metric_date = calendar_terms.calendar_date
    where
        {{ days_between('forecast_windows.origin_date', 'forecast_days.metric_date') }}
        <= least(
            {{ design_value('scored_days') }}, {{ var('backtest_spacing_days') }}
        )
),

series_spreads as (
    select
        origin_number,
        server_id,
        metric,
        round(
            {{ design_value('mean_deviation_sd') }}
            * avg(case when not is_ahead then abs(log_residual) end), 10
        ) as residual_spread
    from residual_days
    group by origin_number, server_id, metric
),

level_errors as (
    select
        residual_days.origin_number,
        residual_days.metric,
        smoothing_parameters.smoothing_parameter,
        sum(abs(
            residual_days.log_residual - case smoothing_parameters.smoothing_number
                {%- for number in numbers %}
                    when {{ number }} then residual_days.level_log_{{ number }}
                {%- endfor %}
            end
        )) as error_sum,
        count(*) as day_count
    from residual_days
    cross join smoothing_parameters
    where residual_days.is_ahead and residual_days.log_residual is not null
    group by
        residual_days.origin_number,
        residual_days.metric,
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
        series_spreads.residual_spread
    from coefficients
    inner join series_spreads
        on
            coefficients.origin_number = series_spreads.origin_number
            and coefficients.server_id = series_spreads.server_id
            and coefficients.metric = series_spreads.metric
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
