-- One row per calibrated backtest origin, series and risk level: the probability that a
-- breach, and that any day above the threshold, happens in the 90 days ahead.
with breach_days as (
    select * from {{ ref('int_breach_days') }}
    where origin_number > 0
),

preceding_days as (
    select * from {{ ref('int_preceding_days_above') }}
    where origin_number > 0
),

nodes as (
    select * from {{ ref('level_nodes') }}
),

{{ final_breach_probabilities(['origin_number', 'server_id', 'metric', 'risk_level']) }}

select * from final_breach_probabilities
