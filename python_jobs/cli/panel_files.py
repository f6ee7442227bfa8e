"""Files of long series: read with every bad cell named, written by their suffix."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from python_jobs.calendars import CALENDAR_IDS
from python_jobs.runtime.errors import InputError, PlatformError, UsageError

SUFFIXES = (".csv", ".parquet")

ALIASES: Mapping[str, tuple[str, ...]] = {
    "unique_id": ("unique_id", "server_id"),
    "ds": ("ds", "timestamp"),
    "y": ("y", "value"),
}
"""Names that a column may have, the own one first."""

CALENDAR = "calendar_id"
_OPTIONAL = ("metric", CALENDAR)
_MISSING = ("", "nan", "na", "n/a", "null", "none")
_FIRST_ROW = {".csv": 2, ".parquet": 1}


def read_series(paths: Sequence[Path], *, frequency: str) -> pd.DataFrame:
    """Return the rows of all files: unique_id, ds and y, and what else is known.

    Parameters
    ----------
    paths
        Files that end in .csv or .parquet.
    frequency
        ``D`` or ``h``; times are cut to it.

    Raises
    ------
    InputError
        If a file cannot be read, a column is missing, a cell is no time or number, or
        a series has two values for one step.
    """
    parts = [_checked(path) for path in paths]
    frame = pd.concat(parts, ignore_index=True)
    if frame.empty:
        raise InputError(f"{', '.join(map(str, paths))} has no row → give it series")
    frame["ds"] = frame["ds"].dt.floor(frequency)
    repeated = frame.duplicated(["unique_id", "ds"])
    if repeated.any():
        row = frame[repeated].iloc[0]
        raise InputError(
            f"{row['place']} unique_id {row['unique_id']} has a second value for"
            f" {row['ds']} ({int(repeated.sum())} such rows) → one row per series and"
            " step; aggregate finer data first"
        )
    return frame.drop(columns="place")


def check_suffix(path: Path, *, option: str) -> None:
    """Refuse a file whose name does not say what it is.

    Raises
    ------
    UsageError
        If it ends in none of `SUFFIXES`.
    """
    if path.suffix not in SUFFIXES:
        raise UsageError(f"{option} {path} → end the name in {' or '.join(SUFFIXES)}")


def check_output(path: Path) -> None:
    """Refuse a file that cannot be written, before anything is computed.

    Raises
    ------
    UsageError
        If its name does not say what it is.
    PlatformError
        If its folder does not exist.
    """
    check_suffix(path, option="--output")
    if not path.parent.is_dir():
        raise PlatformError(
            f"{path} cannot be written: {path.parent} is no folder → make it first"
        )


def write_rows(rows: pd.DataFrame, path: Path) -> None:
    """Write a table as its suffix says, whole or not at all.

    Raises
    ------
    PlatformError
        If the disk does not take it.
    """
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        if path.suffix == ".csv":
            rows.to_csv(unfinished, index=False)
        else:
            rows.to_parquet(unfinished, index=False)
        unfinished.replace(path)
    except OSError as error:
        reason = error.strerror or error
        raise PlatformError(
            f"{path} cannot be written: {reason} → free the disk or choose another"
        ) from None
    finally:
        unfinished.unlink(missing_ok=True)


def _checked(path: Path) -> pd.DataFrame:
    """Return one file's rows with their place, each cell of its type."""
    rows = _read(path)
    columns = {}
    for name, aliases in ALIASES.items():
        found = next((each for each in aliases if each in rows), None)
        if found is None:
            raise InputError(
                f"{path} has no column {' or '.join(aliases)}; it has"
                f" {', '.join(map(str, rows.columns)) or 'none'} → name the columns"
                " unique_id, ds and y"
            )
        columns[name] = found
    first = _FIRST_ROW[path.suffix]
    rows = rows.assign(
        place=[f"{path}:{first + number}" for number in range(len(rows))]
    )
    if path.suffix == ".csv":
        cells = rows.drop(columns="place")
        rows = rows[(cells.notna() & (cells != "")).any(axis=1)]
    place = rows["place"]
    ids = rows[columns["unique_id"]].astype("str").str.strip()
    is_empty = rows[columns["unique_id"]].isna() | ids.eq("")
    _refuse(is_empty, place, columns["unique_id"], ids, expected="an identifier")
    if CALENDAR in rows:
        known = rows[CALENDAR].isna() | rows[CALENDAR].isin(["", *CALENDAR_IDS])
        names = " or ".join(CALENDAR_IDS)
        _refuse(~known, place, CALENDAR, rows[CALENDAR], expected=names)
    return pd.DataFrame(
        {
            "unique_id": ids,
            "ds": _times(rows[columns["ds"]], place, columns["ds"]),
            "y": _numbers(rows[columns["y"]], place, columns["y"]),
            **{name: rows[name] for name in _OPTIONAL if name in rows},
            "place": place,
        }
    )


def _read(path: Path) -> pd.DataFrame:
    check_suffix(path, option="FILE")
    try:
        if path.suffix == ".csv":
            return pd.read_csv(
                path, dtype=str, keep_default_na=False, skip_blank_lines=False
            )
        return pd.read_parquet(path)
    except FileNotFoundError:
        raise InputError(f"{path} does not exist → check the name") from None
    except (OSError, ValueError, pd.errors.ParserError, pa.ArrowException) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"{path} cannot be read: {reason} → mend the file") from None


def _times(cells: pd.Series, place: pd.Series, column: str) -> pd.Series:
    """Return naive UTC times."""
    if cells.dtype.kind in "fiub":
        _refuse(cells.notna() | cells.isna(), place, column, cells, expected=_TIME)
    times = pd.to_datetime(cells, format="ISO8601", errors="coerce", utc=True)
    _refuse(times.isna(), place, column, cells, expected=_TIME)
    return times.dt.tz_localize(None)


_TIME = "a time such as 2025-06-30 or 2025-06-30T14:00"


def _numbers(cells: pd.Series, place: pd.Series, column: str) -> pd.Series:
    numbers = pd.to_numeric(cells, errors="coerce").astype(np.float64)
    is_missing = cells.isna() | cells.astype("str").str.strip().str.lower().isin(
        _MISSING
    )
    _refuse(
        numbers.isna() & ~is_missing,
        place,
        column,
        cells,
        expected="a number or nothing",
    )
    return numbers


def _refuse(
    is_bad: pd.Series, place: pd.Series, column: str, cells: pd.Series, *, expected: str
) -> None:
    """Raise an error that names the first bad cell."""
    bad = np.flatnonzero(is_bad.to_numpy())
    if len(bad):
        raise InputError(
            f"{place.iloc[bad[0]]} column {column} is '{cells.iloc[bad[0]]}'; expected"
            f" {expected} ({len(bad)} such cells) → mend or leave out the row"
        )
