-- One row per reason and metric for which the SQL forecast stands in for the job's.
-- The only test that may warn: the numbers are good, but the job should be looked at. Not
-- where it says itself why it does not forecast a series: too short is no fault of it.
{{ config(severity='warn') }}
select
    fallback_reason,
    metric,
    count(distinct server_id) as server_count
from {{ ref('fct_usage_forecasts') }}
where fallback_reason in ('missing', 'stale', 'empty', 'broken', 'not_covered')
group by fallback_reason, metric
