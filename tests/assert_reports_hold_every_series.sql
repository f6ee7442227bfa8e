-- One row per series that a report leaves out: of those in service each has one row for
-- every horizon and every risk level, and of all each has one in rpt_data_quality.
with expected_rows as (
    select
        server_id,
        metric,
        case when is_active then 5 else 0 end as risk_row_count,
        case when is_active then 2 else 0 end as time_row_count,
        1 as quality_row_count
    from {{ ref('dim_series') }}
),

risk_rows as (
    select
        server_id,
        metric,
        count(*) as risk_row_count
    from {{ ref('rpt_capacity_risk') }}
    group by server_id, metric
),

time_rows as (
    select
        server_id,
        metric,
        count(*) as time_row_count
    from {{ ref('rpt_time_remaining') }}
    group by server_id, metric
),

quality_rows as (
    select
        server_id,
        metric,
        count(*) as quality_row_count
    from {{ ref('rpt_data_quality') }}
    group by server_id, metric
)

select
    expected_rows.*,
    risk_rows.risk_row_count as found_risk_row_count,
    time_rows.time_row_count as found_time_row_count,
    quality_rows.quality_row_count as found_quality_row_count
from expected_rows
left join risk_rows
    on
        expected_rows.server_id = risk_rows.server_id
        and expected_rows.metric = risk_rows.metric
left join time_rows
    on
        expected_rows.server_id = time_rows.server_id
        and expected_rows.metric = time_rows.metric
left join quality_rows
    on
        expected_rows.server_id = quality_rows.server_id
        and expected_rows.metric = quality_rows.metric
where
    expected_rows.risk_row_count != coalesce(risk_rows.risk_row_count, 0)
    or expected_rows.time_row_count != coalesce(time_rows.time_row_count, 0)
    or expected_rows.quality_row_count != coalesce(quality_rows.quality_row_count, 0)
