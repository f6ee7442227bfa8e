-- One row per forecast origin (live and calibrated), series, risk level and day ahead: the
-- probability that a breach, and that any day above the threshold, has happened by then.
with breach_days as (
    select * from {{ ref('int_breach_days') }}
),

preceding_days as (
    select * from {{ ref('int_preceding_days_above') }}
),

nodes as (
    select * from {{ ref('level_nodes') }}
),

{{ breach_probabilities(['origin_number', 'server_id', 'metric', 'risk_level']) }}

select * from breach_probabilities
