-- One row per server: its cluster in the newest published run. The distance of a server
-- that is its cluster's own centre is 0, not the last bit of a sum.
with server_clusters as (
    select * from {{ source('python_jobs', 'server_clusters') }}
),

runs as (
    select * from {{ ref('stg_python_jobs__runs') }}
    where job = 'server_clusters'
),

published_server_clusters as (
    select
        server_clusters.server_id,
        server_clusters.as_of_date,
        server_clusters.cluster_number,
        server_clusters.cluster_name,
        round(server_clusters.centroid_distance, 9) as centroid_distance,
        server_clusters.driver,
        server_clusters.silhouette_2,
        server_clusters.silhouette_3,
        server_clusters.silhouette_4,
        server_clusters.silhouette_5,
        server_clusters.silhouette_6,
        server_clusters.silhouette_7,
        server_clusters.run_id
    from server_clusters
    inner join runs on server_clusters.run_id = runs.run_id
)

select * from published_server_clusters
