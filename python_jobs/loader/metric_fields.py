"""The columns of a metric file, whatever its form: one typed row per row of the file.

A wide row carries every metric. A long row carries one, and says which in ``metric``;
a series named by its file carries one and ``metric`` is null, as in wide files.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from python_jobs.loader.columns import METRIC_COLUMNS, PERCENT_COLUMNS, UNIT_FACTORS
from python_jobs.loader.config import LoaderConfig
from python_jobs.loader.fields import Field, literal
from python_jobs.loader.layout import Layout
from python_jobs.loader.patterns import MetricSource

METADATA_COLUMNS = ("business_unit", "region", "criticality")
_NO_TEXT = "cast(null as varchar)"


def metric_fields(
    layout: Layout, *, config: LoaderConfig, now: datetime
) -> tuple[Field, ...]:
    """Return the columns to read, with the rules of their values.

    Parameters
    ----------
    layout
        Where the columns are.
    now
        Clock of the load, UTC: a timestamp may lie `max_future_days` after it.
    """
    latest = now + timedelta(days=config.max_future_days)
    return (
        Field("server_id", "text", _text(layout, "server_id"), is_required=True),
        Field(
            "timestamp",
            "timestamp",
            _text(layout, "timestamp"),
            is_required=True,
            low=f"timestamp '{config.earliest_date}'",
            high=f"timestamp '{latest:%Y-%m-%d %H:%M:%S}'",
            low_rule="too_early",
            high_rule="future_timestamp",
        ),
        *(Field(name, "text", _text(layout, name)) for name in METADATA_COLUMNS),
        _metric_field(layout),
        *(_value_field(column, layout, config) for column in METRIC_COLUMNS),
    )


def _text(layout: Layout, column: str) -> str:
    if column in layout.positions:
        return f"fields[{layout.positions[column]}]"
    if column in layout.constants:
        return literal(layout.constants[column])
    return _NO_TEXT


def _metric_field(layout: Layout) -> Field:
    """Return the metric of a long row, as the column it belongs to."""
    choices = tuple(
        (name.lower(), source.column) for name, source in layout.metrics.items()
    )
    return Field(
        "metric",
        "text",
        _text(layout, "metric"),
        is_required=bool(layout.metrics),
        choices=choices,
    )


def _value_field(column: str, layout: Layout, config: LoaderConfig) -> Field:
    text, factor = _text(layout, column), None
    if column in layout.factors:
        factor = repr(layout.factors[column])
    if layout.metrics:
        text, factor = _of_long_row(column, layout)
    high = 100.0 if column in PERCENT_COLUMNS else config.max_network_mbps
    return Field(column, "number", text, low="0", high=f"{high:g}", factor=factor)


def _of_long_row(column: str, layout: Layout) -> tuple[str, str]:
    """Return the SQL of a long row's text when it is of this metric, and its factor."""
    metric = f"lower(trim(fields[{layout.positions['metric']}]))"
    sources: Mapping[str, MetricSource] = {
        name.lower(): source
        for name, source in layout.metrics.items()
        if source.column == column
    }
    names = ", ".join(literal(name) for name in sources) or "null"
    cases = " ".join(
        f"when {literal(name)} then {UNIT_FACTORS[source.unit]!r}"
        for name, source in sources.items()
    )
    text = f"case when {metric} in ({names}) then {_text(layout, 'value')} end"
    if not sources:
        return _NO_TEXT, "1.0"
    return text, f"case lower(text_metric) {cases} end"
