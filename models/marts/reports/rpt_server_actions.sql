-- One row per server in service: what to do with it. Risk wins over savings: a metric
-- flagged within 30 days calls for an upgrade now; a breach behind it, or a flag within
-- 190 days (two quarter ends on any date), for a plan; a later flag for watching.
with servers as (
    select * from {{ ref('dim_servers') }}
    where is_current
),

series as (
    select * from {{ ref('dim_series') }}
),

series_usage as (
    select * from {{ ref('fct_series_usage') }}
),

breach_dates as (
    select * from {{ ref('fct_breach_dates') }}
    where risk_level = 'high'
),

as_of_dates as (
    select max(as_of_date) as as_of_date from series
),

rated_series as (
    select
        series.*,
        series_usage.recent_day_count,
        series_usage.high_day_count,
        series_usage.mean_pct,
        series_usage.eoq_peak_pct,
        series_usage.missed_quarter_end_count,
        series_usage.is_breached_high,
        series_usage.is_spare,
        breach_dates.flagged_date,
        case when series.metric in ('cpu', 'memory') then 1 else 0 end as is_compute,
        breach_dates.server_id is null as is_unknown,
        case
            when series.is_reporting and breach_dates.flagged_days <= 30 then 1
            when series.is_reporting and breach_dates.flagged_days <= 190 then 2
            when series_usage.is_breached_high then 2
            when breach_dates.flagged_days is not null then 3
            else 4
        end as urgency
    from series
    inner join series_usage
        on
            series.server_id = series_usage.server_id
            and series.metric = series_usage.metric
    left join breach_dates
        on
            series.server_id = breach_dates.server_id
            and series.metric = breach_dates.metric
),

ranked_series as (
    select
        *,
        row_number() over (
            partition by server_id
            order by
                urgency asc,
                coalesce(flagged_date, date '9999-12-31') asc,
                is_compute desc,
                coalesce(
                    round(mean_pct / nullif(under_used_threshold_pct, 0e0), 9), 0e0
                ) desc,
                metric asc
        ) as binding_rank,
        sum(case when is_spare then is_compute else 0 end)
            over (partition by server_id) as spare_metric_count,
        sum(case when is_reporting then is_compute else 0 end)
            over (partition by server_id) as reporting_metric_count,
        sum(case when is_unknown then is_compute else 0 end)
            over (partition by server_id) as unknown_metric_count,
        max(is_compute * missed_quarter_end_count)
            over (partition by server_id) as missed_quarter_count
    from rated_series
),

decisions as (
    select
        *,
        case
            when urgency = 1 then 'immediate_upgrade'
            when urgency = 2 then 'plan_upgrade'
            when urgency = 3 then 'monitor'
            when
                spare_metric_count = 2
                and reporting_metric_count = 2
                and unknown_metric_count = 0
                and missed_quarter_count = 0
                then 'consolidation_candidate'
            else 'none'
        end as recommended_action,
        {{ action_reason() }} as reason
    from ranked_series
    where binding_rank = 1
),

server_actions as (
    select
        servers.server_id,
        as_of_dates.as_of_date,
        servers.business_unit,
        servers.region,
        servers.criticality,
        servers.server_type,
        coalesce(decisions.recommended_action, 'none') as recommended_action,
        case when decisions.recommended_action != 'none' then decisions.metric end
            as binding_metric,
        coalesce(decisions.reason, 'Never measured') as reason
    from servers
    cross join as_of_dates
    left join decisions on servers.server_id = decisions.server_id
    where coalesce(servers.decommissioned_date > as_of_dates.as_of_date, true)
)

select * from server_actions
