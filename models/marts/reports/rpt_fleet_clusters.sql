-- One row per server in service: the group of servers it behaves like.
-- Without a published cluster run, or when the run left it out, it is not_clustered.
with servers as (
    select * from {{ ref('dim_servers') }}
    where is_current
),

series as (
    select * from {{ ref('dim_series') }}
),

server_clusters as (
    select * from {{ ref('fct_server_clusters') }}
),

as_of_dates as (
    select max(as_of_date) as as_of_date
    from series
),

fleet_clusters as (
    select
        servers.server_id,
        as_of_dates.as_of_date,
        server_clusters.as_of_date as clustered_date,
        servers.business_unit,
        servers.server_type,
        server_clusters.cluster_number,
        coalesce(server_clusters.cluster_name, 'not_clustered') as cluster_name,
        server_clusters.driver,
        server_clusters.centroid_distance
    from servers
    cross join as_of_dates
    left join server_clusters on servers.server_id = server_clusters.server_id
    where coalesce(servers.decommissioned_date > as_of_dates.as_of_date, true)
)

select * from fleet_clusters
