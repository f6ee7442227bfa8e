-- One row per series and risk level whose breach dates are not P10 <= P50 <= P90, or
-- whose status and dates tell different stories.
select *
from {{ ref('rpt_time_remaining') }}
where
    breach_q10_date > breach_q50_date
    or breach_q50_date > breach_q90_date
    or (breach_q10_date is null and breach_q50_date is not null)
    or (breach_q50_date is null and breach_q90_date is not null)
    or breach_q10_date <= as_of_date
    or (status = 'within_horizon' and breach_q50_date is null)
    or (status in ('beyond_horizon', 'no_capacity') and breach_q50_date is not null)
    or (status in ('breached', 'within_horizon')) != (days_remaining is not null)
