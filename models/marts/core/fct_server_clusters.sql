-- One row per server of the newest published cluster run.
with server_clusters as (
    select * from {{ ref('stg_python_jobs__server_clusters') }}
    where {{ from_published_run() }}
)

select * from server_clusters
