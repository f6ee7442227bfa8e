"""Cells of a panel file as times and numbers; a bad one is named with its line."""

import numpy as np
import pandas as pd

from python_jobs.calendars import CALENDAR_YEARS
from python_jobs.platform.errors import InputError
from python_jobs.platform.texts import visible

_MISSING = ("", "nan", "na", "n/a", "null", "none")
_TIME = "a time such as 2025-06-30 or 2025-06-30T14:00"
_OFFSET = r"([T ]\d{2}.*?)\s*(?:Z|[+-]\d{2}(?::?\d{2})?)$"


def times(
    cells: pd.Series, place: pd.Series, column: str, *, frequency: str
) -> pd.Series:
    """Return naive times: UTC for hours, the date as it is written for days."""
    if cells.dtype.kind in "fiub":
        refuse(cells.notna() | cells.isna(), place, column, cells, expected=_TIME)
    found = pd.to_datetime(cells, format="ISO8601", errors="coerce", utc=True)
    refuse(found.isna(), place, column, cells, expected=_TIME)
    is_wild = ~found.dt.year.between(*CALENDAR_YEARS)
    expected = f"a time of the years {CALENDAR_YEARS[0]} to {CALENDAR_YEARS[1]}"
    refuse(is_wild, place, column, cells, expected=expected)
    naive: pd.Series = found.dt.tz_localize(None) if frequency == "h" else _local(cells)
    return naive


def _local(cells: pd.Series) -> pd.Series:
    """Return times as their own clock shows them, whatever its offset."""
    if cells.dtype.kind == "M":
        naive: pd.Series = cells.dt.tz_localize(None)
        return naive
    texts = cells.astype("str").str.replace(_OFFSET, r"\1", regex=True)
    return pd.to_datetime(texts, format="ISO8601")


def numbers(cells: pd.Series, place: pd.Series, column: str) -> pd.Series:
    """Return finite numbers; what is missing is NaN."""
    found = pd.to_numeric(cells, errors="coerce").astype(np.float64)
    is_missing = cells.isna() | cells.astype("str").str.strip().str.lower().isin(
        _MISSING
    )
    is_bad = (found.isna() & ~is_missing) | np.isinf(found)
    refuse(is_bad, place, column, cells, expected="a number or nothing")
    return found


def refuse(
    is_bad: pd.Series, place: pd.Series, column: str, cells: pd.Series, *, expected: str
) -> None:
    """Raise an error that names the first bad cell.

    Raises
    ------
    InputError
        If a cell is bad.
    """
    bad = np.flatnonzero(is_bad.to_numpy())
    if len(bad):
        found = visible(str(cells.iloc[bad[0]]))
        raise InputError(
            f"{place.iloc[bad[0]]} column {column} is '{found}'; expected"
            f" {expected} ({len(bad)} such cells) → mend or leave out the row"
        )
