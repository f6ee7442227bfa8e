"""The columns of an inventory and the rules of their values."""

from python_jobs.loader.columns import SERVER_FILE_COLUMNS
from python_jobs.loader.fields import Field
from python_jobs.loader.layout import Layout

_DATES = frozenset({"valid_from", "commissioned_date", "decommissioned_date"})
# no machine is sold beyond these; a greater number is in another unit
_GREATEST = {
    "memory_gib": "65536",
    "disk_gib": "10000000",
    "network_mbps": "1000000",
}

CROSS_RULES = (
    (
        "decommissioned_first",
        "decommissioned_date",
        "coalesce(value_decommissioned_date < value_commissioned_date, false)",
    ),
)
"""Rules over several columns: name, column that the message names, SQL condition."""


def server_fields(layout: Layout) -> tuple[Field, ...]:
    """Return the columns to read; those that the file does not have are null."""
    return tuple(_field(column, layout) for column in SERVER_FILE_COLUMNS)


def _field(column: str, layout: Layout) -> Field:
    text = "cast(null as varchar)"
    if column in layout.positions:
        text = f"fields[{layout.positions[column]}]"
    if column in _DATES:
        return Field(
            column, "date", text, low="date '1970-01-01'", high="date '2100-12-31'"
        )
    if column == "vcpu_count":
        return Field(column, "integer", text, low="1", high="4096")
    if column in _GREATEST:
        return Field(column, "number", text, low="0.001", high=_GREATEST[column])
    return Field(column, "text", text, is_required=column == "server_id")
