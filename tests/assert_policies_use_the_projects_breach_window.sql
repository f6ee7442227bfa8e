-- A policy's breach window is what the probabilities were computed with: window frames are
-- written into the SQL, so the days within which a breach falls are one number for all,
-- the variable breach_window_days.
select
    server_id,
    metric,
    breach_window_days
from {{ ref('dim_series') }}
where breach_window_days != {{ var('breach_window_days') }}
