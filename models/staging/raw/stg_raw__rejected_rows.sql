-- One row per load, row of its file and rule that the row broke.
with rejected_rows as (
    select * from {{ source('raw', 'rejected_rows') }}
),

quarantined_rows as (
    select
        load_id,
        file_name,
        row_number,
        server_id,
        rule,
        column_name,
        value as rejected_value,
        raw_row,
        loaded_at
    from rejected_rows
)

select * from quarantined_rows
