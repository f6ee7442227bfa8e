-- One row per calendar and date: the business days that models, features and risk share.
with calendar_days as (
    select * from {{ ref('int_calendar_days') }}
)

select * from calendar_days
