-- One row per forecast origin, metric, EOQ flag and horizon band: the quantiles of
-- standardised log errors that its intervals are made of.
-- A band with fewer than 100 errors borrows from the nearest shorter band, then the nearest
-- longer one, then from the other EOQ flag.
{%- set error_columns = [] %}
{%- for suffix, _ in forecast_quantiles() %}
    {%- do error_columns.append('error_' ~ suffix) %}
{%- endfor %}
with band_quantiles as (
    select * from {{ ref('int_band_quantiles') }}
),

wanted_bands as (
    select distinct
        band_quantiles.origin_number,
        band_quantiles.metric,
        flags.is_eoq_window,
        cast(bands.horizon_band as bigint) as horizon_band
    from band_quantiles
    cross join unnest(array[true, false]) as flags (is_eoq_window)
    cross join unnest(array[10, 30, 60, 91, 182, 273, 400]) as bands (horizon_band)
),

ranked_bands as (
    select
        wanted_bands.origin_number,
        wanted_bands.metric,
        wanted_bands.is_eoq_window,
        wanted_bands.horizon_band,
        {%- for column in error_columns %}
            band_quantiles.{{ column }},
        {%- endfor %}
        row_number() over (
            partition by
                wanted_bands.origin_number,
                wanted_bands.metric,
                wanted_bands.is_eoq_window,
                wanted_bands.horizon_band
            order by
                case
                    when wanted_bands.is_eoq_window = band_quantiles.is_eoq_window
                        then 0
                    else 1
                end,
                case
                    when wanted_bands.horizon_band >= band_quantiles.horizon_band
                        then wanted_bands.horizon_band - band_quantiles.horizon_band
                    else 1000 + band_quantiles.horizon_band
                end
        ) as preference
    from wanted_bands
    inner join band_quantiles
        on
            wanted_bands.origin_number = band_quantiles.origin_number
            and wanted_bands.metric = band_quantiles.metric
),

conformal_quantiles as (
    select
        origin_number,
        metric,
        is_eoq_window,
        horizon_band,
        {{ error_columns | join(', ') }}
    from ranked_bands
    where preference = 1
)

select * from conformal_quantiles
