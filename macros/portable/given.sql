{#- A variable of the command line, else what the environment says; none when neither does.
    For another `--vars` dbt parses the whole project anew; for another environment only
    the models that read it, so the capacity commands hand dates over this way. -#}
{% macro given(variable, environment_name) -%}
    {%- if variable is not none -%}
        {{ return(variable) }}
    {%- endif -%}
    {{ return(env_var(environment_name, '') or none) }}
{%- endmacro %}
