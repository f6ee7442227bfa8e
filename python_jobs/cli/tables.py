"""Results as tables that a reader can take in."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from rich.console import JustifyMethod
from rich.table import Table

from python_jobs.platform.texts import visible

if TYPE_CHECKING:
    import pyarrow as pa

SHOWN_ROWS = 40
NOTHING = "-"


def result_table(rows: "pa.Table", *, shown: int = SHOWN_ROWS) -> Table:
    """Return the first rows of a result; the caption says how many there are."""
    import pyarrow as pa  # noqa: PLC0415 - slow import

    numbers = {
        field.name
        for field in rows.schema
        if pa.types.is_integer(field.type)
        or pa.types.is_floating(field.type)
        or pa.types.is_decimal(field.type)
    }
    table = _table(rows.column_names, rows.slice(0, shown).to_pylist(), numbers=numbers)
    if rows.num_rows > shown:
        table.caption = f"{shown} of {rows.num_rows} rows; --output FILE has all"
    elif not rows.num_rows:
        table.caption = "no rows"
    return table


def row_table(
    rows: Sequence[Mapping[str, Any]],
    *,
    columns: Sequence[str],
    numbers: Collection[str] = (),
    shown: int = SHOWN_ROWS,
) -> Table:
    """Return the first of some rows; ``numbers`` names the columns of quantities."""
    table = _table(columns, rows[:shown], numbers=numbers)
    if len(rows) > shown:
        table.caption = f"{shown} of {len(rows)} rows"
    elif not rows:
        table.caption = "no rows"
    return table


def _table(
    columns: Sequence[str],
    rows: Iterable[Mapping[str, Any]],
    *,
    numbers: Collection[str],
) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in columns:
        justify: JustifyMethod = "right" if name in numbers else "left"
        table.add_column(name, justify=justify, overflow="fold")
    for row in rows:
        table.add_row(*(text(row[name]) for name in columns))
    return table


def fact_table(title: str) -> Table:
    """Return an empty two-column table: what, and its value."""
    table = Table(
        title=title,
        title_style="bold",
        title_justify="left",
        box=None,
        show_header=False,
        pad_edge=False,
    )
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    return table


def text(value: Any) -> str:
    """Return a cell: numbers with two digits, dates in ISO, null as a dash."""
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.2f}"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="minutes")
    return value.isoformat() if isinstance(value, date) else visible(str(value))
