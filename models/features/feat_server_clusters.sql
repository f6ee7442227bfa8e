-- One row per server in service: one column per number of its profile and metric. A
-- behaviour that no day has shown yet counts as none: ratio 1, spread and persistence
-- 0. A level stays null without a measurement or a capacity: the job leaves the server
-- out.
{%- set behaviours = {
    'weekend_ratio': '1e0', 'eoq_uplift_ratio': '1e0', 'holiday_ratio': '1e0',
    'spread_ratio': '0e0', 'growth_ratio_year': '1e0', 'persistence': '0e0',
} %}
with server_profiles as (
    select * from {{ ref('int_server_profiles') }}
),

active_series as (
    select * from {{ ref('int_series') }}
    where is_active
),

server_features as (
    select
        {%- for metric in ['cpu', 'memory', 'disk', 'network_in', 'network_out'] %}
            {%- for number in ['p95_level_pct', 'peak_pct'] %}
                max(
                    case
                        when server_profiles.metric = '{{ metric }}'
                            then server_profiles.{{ number }}
                    end
                ) as {{ metric }}_{{ number }},
            {%- endfor %}
            {%- for number, none_shown in behaviours.items() %}
                coalesce(
                    max(
                        case
                            when server_profiles.metric = '{{ metric }}'
                                then server_profiles.{{ number }}
                        end
                    ), {{ none_shown }}
                ) as {{ metric }}_{{ number }},
            {%- endfor %}
        {%- endfor %}
        active_series.server_id
    from active_series
    left join server_profiles
        on
            active_series.server_id = server_profiles.server_id
            and active_series.metric = server_profiles.metric
    group by active_series.server_id
)

select * from server_features
