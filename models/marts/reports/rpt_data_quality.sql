-- One row per server and metric that was ever measured, those out of service included:
-- whether its data can be trusted. An empty risk list is not a dead agent.
with series as (
    select * from {{ ref('dim_series') }}
),

server_days as (
    select * from {{ ref('fct_server_days') }}
),

series_usage as (
    select * from {{ ref('fct_series_usage') }}
),

series_states as (
    select * from {{ ref('fct_series_states') }}
),

rejected_rows as (
    select
        server_id,
        sum(rejected_row_count) as rejected_row_count
    from {{ ref('fct_rejected_rows') }}
    group by server_id
),

numbered_days as (
    select
        server_id,
        metric,
        metric_date,
        measured_value,
        count(measured_value) over (
            partition by server_id, metric
            order by metric_date
            rows unbounded preceding
        ) as gap_number
    from server_days
),

gap_days as (
    select
        server_id,
        metric,
        count(*) as gap_day_count
    from numbered_days
    where measured_value is null
    group by server_id, metric, gap_number
),

longest_gaps as (
    select
        server_id,
        metric,
        max(gap_day_count) as longest_gap_days
    from gap_days
    group by server_id, metric
),

counted_days as (
    select
        server_id,
        metric,
        count(*) as expected_day_count,
        count(measured_value) as measured_day_count,
        {%- for flag in ['imputed', 'capped', 'outage'] %}
            count(case when quality_flag = '{{ flag }}' then 1 end)
                as {{ flag }}_day_count,
        {%- endfor %}
        count(case when is_zscore_anomaly then 1 end) as zscore_anomaly_count,
        count(case when is_residual_anomaly then 1 end) as residual_anomaly_count
    from server_days
    group by server_id, metric
),

data_qualities as (
    select
        series.server_id,
        series.metric,
        series.as_of_date,
        series.first_metric_date,
        series.last_measured_date,
        series.series_state,
        series_states.history_state,
        series_states.rejection_reason,
        series.statistic,
        counted_days.expected_day_count,
        counted_days.measured_day_count,
        counted_days.imputed_day_count,
        counted_days.capped_day_count,
        counted_days.outage_day_count,
        counted_days.zscore_anomaly_count,
        counted_days.residual_anomaly_count,
        series_usage.seen_quarter_end_count,
        cast(coalesce(rejected_rows.rejected_row_count, 0) as bigint)
            as rejected_row_count,
        coalesce(longest_gaps.longest_gap_days, 0) as longest_gap_days,
        cast(counted_days.measured_day_count as double)
        / counted_days.expected_day_count as measured_ratio
    from series
    inner join counted_days
        on
            series.server_id = counted_days.server_id
            and series.metric = counted_days.metric
    inner join series_usage
        on
            series.server_id = series_usage.server_id
            and series.metric = series_usage.metric
    left join rejected_rows on series.server_id = rejected_rows.server_id
    left join longest_gaps
        on
            series.server_id = longest_gaps.server_id
            and series.metric = longest_gaps.metric
    left join series_states
        on
            series.server_id = series_states.server_id
            and series.metric = series_states.metric
)

select * from data_qualities
