"""Texts of a CSV export that a spreadsheet would take for formulas."""

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    import pandas as pd

# what Excel, LibreOffice and Google Sheets begin a formula with, or skip before one;
# the wide forms of Japanese and Chinese keyboards count where those are the locale
_FORMULA = "^([=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20])"
_MARKED = r"'\1"


def without_formulas(rows: pa.Table) -> pa.Table:
    """Return the rows with ``'`` before each text that begins like a formula.

    A spreadsheet shows such a cell as text. Numbers, dates and other texts stay.
    """
    for position, field in enumerate(rows.schema):
        if pa.types.is_string(field.type) or pa.types.is_large_string(field.type):
            cells = pc.replace_substring_regex(
                rows[position], pattern=_FORMULA, replacement=_MARKED
            )
            rows = rows.set_column(position, field, cells)
    return rows


def frame_without_formulas(rows: "pd.DataFrame") -> "pd.DataFrame":
    """Return a frame as `without_formulas` does a table."""
    texts = rows.select_dtypes(["object", "str", "category"])
    marked = {
        str(name): cells.astype("str")
        .str.replace(_FORMULA, _MARKED, regex=True)
        .where(cells.notna())
        for name, cells in texts.items()
    }
    return rows.assign(**marked)
