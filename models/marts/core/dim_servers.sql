-- One row per server and day its inventory changed, as known at the as-of date.
with servers as (
    select * from {{ ref('int_servers') }}
)

select * from servers
