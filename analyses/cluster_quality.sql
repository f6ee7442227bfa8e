-- One row per number of clusters tried: how far apart they are (silhouette), and for
-- the published four how well they agree with the server types (adjusted Rand index).
with server_clusters as (
    select * from {{ ref('fct_server_clusters') }}
    where cluster_number is not null
),

servers as (
    select * from {{ ref('dim_servers') }}
    where is_current and server_type != 'unknown'
),

silhouettes as (
    {%- for cluster_count in range(2, 8) %}
        select
            {{ cluster_count }} as cluster_count,
            count(silhouette_{{ cluster_count }}) as server_count,
            avg(silhouette_{{ cluster_count }}) as mean_silhouette
        from server_clusters
        {%- if not loop.last %}
            union all
        {%- endif %}
    {%- endfor %}
),

typed_servers as (
    select
        server_clusters.cluster_number,
        servers.server_type,
        cast(count(*) as double) as pair_size
    from server_clusters
    inner join servers on server_clusters.server_id = servers.server_id
    group by server_clusters.cluster_number, servers.server_type
),

group_sizes as (
    select
        pair_size,
        case
            when
                row_number() over (
                    partition by cluster_number order by server_type
                ) = 1
                then sum(pair_size) over (partition by cluster_number)
        end as cluster_size,
        case
            when
                row_number() over (
                    partition by server_type order by cluster_number
                ) = 1
                then sum(pair_size) over (partition by server_type)
        end as type_size,
        sum(pair_size) over () as fleet_size
    from typed_servers
),

pair_counts as (
    select
        sum(pair_size * (pair_size - 1e0) / 2e0) as agreeing_pairs,
        sum(cluster_size * (cluster_size - 1e0) / 2e0) as cluster_pairs,
        sum(type_size * (type_size - 1e0) / 2e0) as type_pairs,
        max(fleet_size * (fleet_size - 1e0) / 2e0) as all_pairs
    from group_sizes
),

cluster_qualities as (
    select
        silhouettes.cluster_count,
        silhouettes.server_count,
        silhouettes.mean_silhouette,
        case
            when silhouettes.cluster_count = 4
                then
                    (
                        pair_counts.agreeing_pairs
                        - pair_counts.cluster_pairs * pair_counts.type_pairs
                        / nullif(pair_counts.all_pairs, 0e0)
                    ) / nullif(
                        (pair_counts.cluster_pairs + pair_counts.type_pairs) / 2e0
                        - pair_counts.cluster_pairs * pair_counts.type_pairs
                        / nullif(pair_counts.all_pairs, 0e0),
                        0e0
                    )
        end as adjusted_rand_index
    from silhouettes
    cross join pair_counts
)

select * from cluster_qualities
order by cluster_count asc
