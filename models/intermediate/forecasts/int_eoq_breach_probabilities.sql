-- One row per series, risk level, quarter end ahead and day of its EOQ window: the
-- probability that the window alone breaches, by that day. Of a window in progress the
-- measured days count, too.
with eoq_days as (
    select * from {{ ref('int_breach_days') }}
    where origin_number = 0 and is_eoq_window
),

preceding_days_above as (
    select * from {{ ref('int_preceding_days_above') }}
    where origin_number = 0 and is_eoq_window
),

nodes as (
    select * from {{ ref('level_nodes') }}
),

breach_days as (
    select
        server_id,
        metric,
        risk_level,
        {{ quarter_end('target_date') }} as quarter_end_date,
        target_date,
        row_number() over (
            partition by
                server_id, metric, risk_level, {{ quarter_end('target_date') }}
            order by target_date
        ) as day_number,
        breach_day_count,
        threshold_log,
        forecast_log,
        level_sd,
        day_sd,
        spike_rate,
        spike_mean,
        spike_sd
    from eoq_days
),

preceding_days as (
    select
        server_id,
        metric,
        risk_level,
        {{ quarter_end('metric_date') }} as quarter_end_date,
        days_before
    from preceding_days_above
),

{{ breach_probabilities(['server_id', 'metric', 'risk_level', 'quarter_end_date']) }}

select * from breach_probabilities
