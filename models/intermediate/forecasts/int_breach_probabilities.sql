-- One row per series, risk level and day ahead: the probability that a breach, and that
-- any day above the threshold, has happened by then.
with breach_days as (
    select * from {{ ref('int_breach_days') }}
    where origin_number = 0
),

preceding_days as (
    select * from {{ ref('int_preceding_days_above') }}
    where origin_number = 0
),

nodes as (
    select * from {{ ref('level_nodes') }}
),

{{ breach_probabilities(['server_id', 'metric', 'risk_level']) }}

select * from breach_probabilities
