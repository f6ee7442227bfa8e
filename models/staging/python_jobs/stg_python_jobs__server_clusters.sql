-- One row per run and server: its cluster. The distance of a server that is its cluster's
-- own centre is 0, not the last bit of a sum.
with server_clusters as (
    select * from {{ source('python_jobs', 'server_clusters') }}
),

staged_server_clusters as (
    select
        server_id,
        as_of_date,
        cluster_number,
        cluster_name,
        round(centroid_distance, 9) as centroid_distance,
        driver,
        silhouette_2,
        silhouette_3,
        silhouette_4,
        silhouette_5,
        silhouette_6,
        silhouette_7,
        run_id
    from server_clusters
)

select * from staged_server_clusters
