-- One row per build: the day it looks from, and the first measured day; no row while
-- nothing is measured and no day is given.
-- Unless given, it is the latest day on which at least half of the servers that
-- measured in the 28 days before did report, so that one bad timestamp moves nothing;
-- else the newest day. A measurement counts its server as expected from the next day
-- until 28 days later or the server's next one, whichever is first: +1 and -1, summed
-- up over the days.
{%- set given_date = given(var('as_of_date'), 'CAPACITY_AS_OF_DATE') %}
with server_metrics as (
    select * from {{ ref('stg_raw__server_metrics') }}
    where metric_date >= {{ first_calendar_date() }}
),

measured_days as (
    select
        server_id,
        metric_date,
        lag(metric_date) over (partition by server_id order by metric_date)
            as last_metric_date,
        lead(metric_date) over (partition by server_id order by metric_date)
            as next_metric_date
    from server_metrics
    where coalesce(cpu_p95, mem_p95, disk_p95, net_in_p95, net_out_p95) is not null
    group by server_id, metric_date
),

expected_changes as (
    select
        metric_date,
        case
            when last_metric_date >= {{ add_days('metric_date', -28) }} then 1 else 0
        end as reported_count,
        0 as expected_change
    from measured_days
    union all
    select
        {{ add_days('metric_date', 1) }} as metric_date,
        0 as reported_count,
        1 as expected_change
    from measured_days
    union all
    select
        {{ add_days(
            'least(' ~ add_days('metric_date', 28) ~ ', coalesce(next_metric_date, '
            ~ add_days('metric_date', 28) ~ '))', 1
        ) }} as metric_date,
        0 as reported_count,
        -1 as expected_change
    from measured_days
),

reported_days as (
    select
        metric_date,
        sum(reported_count) as reported_count,
        sum(sum(expected_change)) over (order by metric_date) as expected_count
    from expected_changes
    group by metric_date
),

newest_days as (
    select
        coalesce(
            {%- if given_date %}
            date '{{ given_date }}',
            {%- endif %}
            max(
                case
                    when expected_count > 0 and 2 * reported_count >= expected_count
                        then metric_date
                end
            ),
            (select max(measured_days.metric_date) from measured_days)
        ) as as_of_date
    from reported_days
),

as_of_dates as (
    select
        newest_days.as_of_date,
        min(measured_days.metric_date) as first_metric_date
    from newest_days
    left join measured_days on newest_days.as_of_date >= measured_days.metric_date
    where newest_days.as_of_date is not null
    group by newest_days.as_of_date
)

select * from as_of_dates
