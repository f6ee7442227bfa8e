-- One row per metric that the job forecasts with another model than the rule of
-- int_forecast_champions gives among the job's own candidates: those that reach 95 % of
-- the series of the widest one at the newest backtest origin, on the pairs they share. The
-- mean of them all is for where none of them beats the naive, and only there. Nothing is
-- compared where the job saw other measured values than this build does.
with errors as (
    select * from {{ ref('fct_forecast_errors') }}
),

forecast_models as (
    select * from {{ ref('forecast_models') }}
    where made_by = 'job' and model != 'inverse_error_mean'
),

naive_errors as (
    select * from {{ ref('fct_forecast_errors') }}
    where forecast_model = 'seasonal_naive_7'
),

series_states as (
    select * from {{ ref('fct_series_states') }}
    where job_model is not null
),

job_errors as (
    select
        errors.*,
        forecast_models.complexity_rank
    from errors
    inner join forecast_models on errors.forecast_model = forecast_models.model
),

chosen_models as (
    select
        metric,
        job_model,
        rank() over (partition by metric order by count(*) desc) as series_rank
    from series_states
    group by metric, job_model
),

covered_models as (
    select
        metric,
        forecast_model,
        count(distinct server_id) as series_count,
        max(count(distinct server_id)) over (partition by metric) as widest_series_count
    from job_errors
    where origin_number = 1
    group by metric, forecast_model
),

candidates as (
    select
        metric,
        forecast_model,
        count(*) over (partition by metric) as candidate_count
    from covered_models
    where 100 * series_count >= 95 * widest_series_count
),

paired_errors as (
    select
        job_errors.*,
        candidates.candidate_count,
        count(*) over (
            partition by
                job_errors.metric,
                job_errors.origin_number,
                job_errors.server_id,
                job_errors.horizon_block,
                job_errors.is_eoq_window
        ) as paired_candidate_count
    from job_errors
    inner join candidates
        on
            job_errors.metric = candidates.metric
            and job_errors.forecast_model = candidates.forecast_model
    where job_errors.scaled_error_sum is not null
),

scaled_errors as (
    select
        paired_errors.metric,
        paired_errors.server_id,
        paired_errors.forecast_model,
        paired_errors.complexity_rank,
        sum(paired_errors.scaled_error_sum)
        / sum(paired_errors.day_count) as scaled_error,
        sum(naive_errors.scaled_error_sum)
        / sum(naive_errors.day_count) as naive_scaled_error
    from paired_errors
    left join naive_errors
        on
            paired_errors.origin_date = naive_errors.origin_date
            and paired_errors.server_id = naive_errors.server_id
            and paired_errors.metric = naive_errors.metric
            and paired_errors.horizon_block = naive_errors.horizon_block
            and paired_errors.is_eoq_window = naive_errors.is_eoq_window
    where paired_errors.paired_candidate_count = paired_errors.candidate_count
    group by
        paired_errors.metric,
        paired_errors.server_id,
        paired_errors.forecast_model,
        paired_errors.complexity_rank
),

{{ simplest_of_the_best(['metric']) }},

mean_errors as (
    select
        metric,
        avg(scaled_error) as scaled_error,
        avg(naive_scaled_error) as naive_scaled_error
    from scaled_errors
    group by metric, forecast_model
),

beaten_naives as (
    select metric
    from mean_errors
    group by metric
    having min(round(scaled_error - naive_scaled_error, 9)) < 0e0
),

compared_blocks as (
    select
        job_errors.metric,
        job_errors.day_count = naive_errors.day_count
        and abs(job_errors.actual_sum - naive_errors.actual_sum)
        <= 1e-9 * (1e0 + naive_errors.actual_sum) as is_of_same_days
    from job_errors
    inner join naive_errors
        on
            job_errors.origin_date = naive_errors.origin_date
            and job_errors.server_id = naive_errors.server_id
            and job_errors.metric = naive_errors.metric
            and job_errors.horizon_block = naive_errors.horizon_block
            and job_errors.is_eoq_window = naive_errors.is_eoq_window
    where job_errors.scaled_error_sum is not null
),

comparable_metrics as (
    select metric
    from compared_blocks
    group by metric
    having bool_and(is_of_same_days)
)

select
    chosen_models.metric,
    chosen_models.job_model,
    ranked_models.forecast_model as champion,
    beaten_naives.metric is not null as is_naive_beaten
from chosen_models
inner join comparable_metrics on chosen_models.metric = comparable_metrics.metric
inner join ranked_models
    on
        chosen_models.metric = ranked_models.metric
        and ranked_models.simplicity_rank = 1
left join beaten_naives on chosen_models.metric = beaten_naives.metric
where
    chosen_models.series_rank = 1
    and case
        when chosen_models.job_model = 'inverse_error_mean'
            then beaten_naives.metric is not null
        else chosen_models.job_model != ranked_models.forecast_model
    end
