-- One row per server and metric that the version before the newest published run of
-- usage_forecasts forecast, too: how far both were off on the same measured days, and how far
-- the forecast moved on the days ahead.
with forecast_drift as (
    select * from {{ ref('stg_python_jobs__forecast_drift') }}
    where {{ from_published_run() }}
)

select * from forecast_drift
