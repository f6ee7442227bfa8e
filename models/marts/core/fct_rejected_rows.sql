-- One row per load and server of which the load rejected rows.
-- Rows of which no server could be read, and a file rejected as a whole, are those of
-- 'unknown'.
with rejected_rows as (
    select * from {{ ref('stg_raw__rejected_rows') }}
),

counted_rows as (
    select
        load_id,
        coalesce(server_id, 'unknown') as server_id,
        max(file_name) as file_name,
        cast(max(loaded_at) as date) as loaded_date,
        count(distinct row_number) as rejected_row_count,
        min(row_number) as first_row_number,
        {{ distinct_texts('rule') }} as rules
    from rejected_rows
    group by load_id, coalesce(server_id, 'unknown')
)

select * from counted_rows
