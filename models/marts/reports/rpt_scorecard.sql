-- One row per check, threshold and metric (or all): how good the breach probabilities
-- were that the calibrated backtest origins promised for their next 90 days, each with
-- what was known then.
with breach_backtests as (
    select * from {{ ref('fct_breach_backtests') }}
),

checked_forecasts as (
    select
        checks.check_name,
        breach_backtests.risk_level as threshold_kind,
        scopes.metric,
        breach_backtests.origin_number,
        {%- for value, breach, any_day in [
            ('mean_says', 'is_predicted_breach', 'is_predicted_above'),
            ('event', 'is_breached', 'is_any_day_above'),
        ] %}
            case
                when
                    case checks.check_name
                        when 'breach_probability' then breach_backtests.{{ breach }}
                        else breach_backtests.{{ any_day }}
                    end
                    then 1e0
                else 0e0
            end as {{ value }},
        {%- endfor %}
        case checks.check_name
            when 'breach_probability' then breach_backtests.breach_probability
            else breach_backtests.any_day_probability
        end as probability
    from breach_backtests
    cross join
        unnest(array['breach_probability', 'any_day_probability'])
            as checks (check_name)
    cross join unnest(array[breach_backtests.metric, 'all']) as scopes (metric)
),

probability_bins as (
    select
        check_name,
        threshold_kind,
        metric,
        count(*) as forecast_count,
        min(origin_number) as newest_origin_number,
        max(origin_number) as oldest_origin_number,
        sum(event) as event_sum,
        abs(sum(probability) - sum(event)) as calibration_gap,
        sum((probability - event) * (probability - event)) as squared_error_sum,
        sum((mean_says - event) * (mean_says - event)) as mean_squared_error_sum,
        sum(case when probability >= 0.5e0 then 1e0 else 0e0 end) as flag_sum,
        sum(case when probability >= 0.5e0 then event else 0e0 end) as hit_sum
    from checked_forecasts
    group by
        check_name,
        threshold_kind,
        metric,
        case
            when probability >= 0.9e0 then 9e0 else floor(round(probability * 10e0, 6))
        end
),

scores as (
    select
        check_name,
        threshold_kind,
        metric,
        cast(sum(forecast_count) as bigint) as forecast_count,
        cast(sum(event_sum) as bigint) as event_count,
        max(oldest_origin_number) - min(newest_origin_number) + 1 as origin_count,
        sum(event_sum) / sum(forecast_count) as base_rate,
        sum(squared_error_sum) / sum(forecast_count) as brier_score,
        sum(mean_squared_error_sum) / sum(forecast_count) as mean_brier_score,
        sum(squared_error_sum) / nullif(sum(mean_squared_error_sum), 0e0)
            as brier_ratio,
        sum(calibration_gap) / sum(forecast_count) as calibration_error,
        sum(hit_sum) / nullif(sum(flag_sum), 0e0) as precision_ratio,
        sum(hit_sum) / nullif(sum(event_sum), 0e0) as recall_ratio
    from probability_bins
    group by check_name, threshold_kind, metric
)

select * from scores
