-- One row per load: a file or a generator run.
with loads as (
    select * from {{ source('raw', 'loads') }}
),

renamed_loads as (
    select
        load_id,
        file_name,
        file_sha256,
        file_kind,
        statistic,
        interval_seconds,
        rows_read as read_row_count,
        rows_accepted as accepted_row_count,
        rows_rejected as rejected_row_count,
        first_date,
        last_date,
        status as load_status,
        loaded_at
    from loads
)

select * from renamed_loads
