-- One row per server and metric that the job usage_forecasts read in its newest published
-- run: what it saw in the history, and the model it uses or the reason why it uses none.
with series_states as (
    select * from {{ ref('stg_python_jobs__series_states') }}
    where {{ from_published_run() }}
)

select * from series_states
