{#- CTEs from `scaled_errors` to `ranked_models`: one row per key and model whose scaled
    error is within one standard error of the best, simplicity_rank 1 the one to take.
    Needs in `scaled_errors` the keys, server_id, forecast_model, complexity_rank and
    scaled_error, each server with every model of its key. The standard error is that of
    the difference to the best, over servers.
    Breiman et al. (1984), Classification and Regression Trees, 3.4.3. -#}
{% macro simplest_of_the_best(keys) -%}
best_models as (
    select
        {%- for key in keys %}
        {{ key }},
        {%- endfor %}
        forecast_model,
        row_number() over (
            partition by {{ keys | join(', ') }}
            order by round(avg(scaled_error), 9), complexity_rank, forecast_model
        ) as error_rank
    from scaled_errors
    group by {{ keys | join(', ') }}, forecast_model, complexity_rank
),

compared_models as (
    select
        {%- for key in keys %}
        scaled_errors.{{ key }},
        {%- endfor %}
        scaled_errors.forecast_model,
        scaled_errors.complexity_rank,
        avg(scaled_errors.scaled_error - best_errors.scaled_error) as excess_error,
        coalesce(
            stddev_samp(scaled_errors.scaled_error - best_errors.scaled_error), 0e0
        ) / sqrt(count(*)) as excess_standard_error
    from scaled_errors
    inner join best_models
        on
            {%- for key in keys %}
            scaled_errors.{{ key }} = best_models.{{ key }}
            and
            {%- endfor %}
            best_models.error_rank = 1
    inner join scaled_errors as best_errors
        on
            {%- for key in keys %}
            best_models.{{ key }} = best_errors.{{ key }}
            and
            {%- endfor %}
            best_models.forecast_model = best_errors.forecast_model
            and scaled_errors.server_id = best_errors.server_id
    group by
        {%- for key in keys %}
        scaled_errors.{{ key }},
        {%- endfor %}
        scaled_errors.forecast_model,
        scaled_errors.complexity_rank
),

ranked_models as (
    select
        {%- for key in keys %}
        {{ key }},
        {%- endfor %}
        forecast_model,
        row_number() over (
            partition by {{ keys | join(', ') }}
            order by complexity_rank, forecast_model
        ) as simplicity_rank
    from compared_models
    where round(excess_error, 9) <= round(excess_standard_error, 9)
)
{%- endmacro %}
