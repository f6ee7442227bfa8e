{#- P(Z > z) of the standard normal over a column z, exact to 2.3e-16: Hart (1968,
    algorithm 5666) in the arrangement of West (2005). DuckDB has no normal_cdf, and one
    text for all engines gives equal probabilities. -#}
{% macro normal_tail(z) -%}
    {%- set upper = [
        '0.0352624965998911e0', '0.700383064443688e0', '6.37396220353165e0',
        '33.912866078383e0', '112.079291497871e0', '221.213596169931e0',
        '220.206867912376e0',
    ] -%}
    {%- set lower = [
        '0.0883883476483184e0', '1.75566716318264e0', '16.064177579207e0',
        '86.7807322029461e0', '296.564248779674e0', '637.333633378831e0',
        '793.826512519948e0', '440.413735824752e0',
    ] -%}
    {%- set size = 'abs(' ~ z ~ ')' -%}
    {%- set density = 'exp(-' ~ size ~ ' * ' ~ size ~ ' / 2e0)' -%}
    {%- set tail -%}
        case
            when {{ size }} > 37e0 then 0e0
            when {{ size }} < 7.07106781186547e0
                then {{ density }} * {{ horner(upper, size) }} / {{ horner(lower, size) }}
            else
                {{ density }} / (
                    {{ size }} + 1e0 / (
                        {{ size }} + 2e0 / (
                            {{ size }} + 3e0 / ({{ size }} + 4e0 / ({{ size }} + 0.65e0))
                        )
                    )
                ) / 2.506628274631e0
        end
    {%- endset -%}
    case when {{ z }} > 0e0 then {{ tail }} else 1e0 - {{ tail }} end
{%- endmacro %}

{#- A polynomial by Horner's rule, highest power first. -#}
{% macro horner(coefficients, x) -%}
    {{- '(' * (coefficients | length - 1) ~ coefficients[0] -}}
    {%- for coefficient in coefficients[1:] %} * {{ x }} + {{ coefficient }}){% endfor -%}
{%- endmacro %}
