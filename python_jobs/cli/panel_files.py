"""Files of long series: read with every bad cell named, written by their suffix."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from python_jobs.calendars import CALENDAR_IDS
from python_jobs.cli.csv_cells import frame_without_formulas
from python_jobs.cli.panel_cells import numbers, refuse, times
from python_jobs.platform.errors import InputError, PlatformError, UsageError
from python_jobs.platform.texts import BLANKS, HIDDEN, NO_HIDDEN

SUFFIXES = (".csv", ".parquet")

ALIASES: Mapping[str, tuple[str, ...]] = {
    "unique_id": ("unique_id", "server_id"),
    "ds": ("ds", "timestamp"),
    "y": ("y", "value"),
}
"""Names that a column may have, the own one first."""

CALENDAR = "calendar_id"
METRIC = "metric"
_OPTIONAL = (METRIC, CALENDAR)
_FIRST_ROW = {".csv": 2, ".parquet": 1}


def read_series(
    paths: Sequence[Path], *, frequency: str, as_of: date | None = None
) -> pd.DataFrame:
    """Return the rows of all files: unique_id, ds and y, and what else is known.

    Parameters
    ----------
    paths
        Files that end in .csv or .parquet.
    frequency
        ``D`` or ``h``; times are cut to it. A day is that of the time as it is
        written, an hour is UTC's.
    as_of
        Newest day to return; None: every day.

    Raises
    ------
    InputError
        If a file cannot be read, a column is missing, a cell is no time or number, or
        a series has two values for one step.
    """
    parts = [_checked(path, frequency=frequency) for path in paths]
    frame = pd.concat(parts, ignore_index=True)
    if frame.empty:
        raise InputError(f"{', '.join(map(str, paths))} has no row → give it series")
    frame["ds"] = frame["ds"].dt.floor(frequency)
    _refuse_repeats(frame)
    return _until(frame.drop(columns="place"), as_of)


def _refuse_repeats(frame: pd.DataFrame) -> None:
    repeated = frame.duplicated(["unique_id", "ds"])
    if not repeated.any():
        return
    row = frame[repeated].iloc[0]
    advice = "one row per series and step; aggregate finer data first"
    if METRIC in frame:
        same = frame["unique_id"].eq(row["unique_id"]) & frame["ds"].eq(row["ds"])
        found = sorted({str(each) for each in frame.loc[same, METRIC]})
        if len(found) > 1:
            advice = (
                f"column {METRIC} tells {' and '.join(found)} apart, but a series is"
                " one unique_id: make it of both, such as"
                f" {row['unique_id']}/{found[0]}"
            )
    raise InputError(
        f"{row['place']} unique_id {row['unique_id']} has a second value for"
        f" {row['ds']} ({int(repeated.sum())} such rows) → {advice}"
    )


def _until(frame: pd.DataFrame, as_of: date | None) -> pd.DataFrame:
    if as_of is None:
        return frame
    found = frame[frame["ds"] < pd.Timestamp(as_of + timedelta(days=1))]
    if found.empty:
        raise UsageError(
            f"--as-of {as_of} is before the first row, of {frame['ds'].min()}"
            " → choose a later date, or leave it out"
        )
    return found.reset_index(drop=True)


def check_suffix(path: Path, *, option: str) -> None:
    """Refuse a file whose name does not say what it is.

    Raises
    ------
    UsageError
        If it ends in none of `SUFFIXES`.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise UsageError(f"{option} {path} → end the name in {' or '.join(SUFFIXES)}")


def check_output(path: Path, *, inputs: Sequence[Path]) -> None:
    """Refuse a file that cannot be written, before anything is computed.

    Raises
    ------
    UsageError
        If its name does not say what it is, or it is one of the inputs.
    PlatformError
        If its folder does not exist.
    """
    check_suffix(path, option="--output")
    if path.resolve() in {each.resolve() for each in inputs}:
        raise UsageError(
            f"--output {path} is one of the files to forecast, and would be"
            " overwritten → choose another name"
        )
    if not path.parent.is_dir():
        raise PlatformError(
            f"{path} cannot be written: {path.parent} is no folder → make it first"
        )


def write_rows(rows: pd.DataFrame, path: Path, *, is_raw: bool = False) -> None:
    """Write a table as its suffix says, whole or not at all.

    Texts of a CSV that begin like a formula are marked, unless `is_raw`.

    Raises
    ------
    PlatformError
        If the disk does not take it.
    """
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        if _suffix(path) == ".csv":
            cells = rows if is_raw else frame_without_formulas(rows)
            cells.to_csv(unfinished, index=False)
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


def _suffix(path: Path) -> str:
    return path.suffix.lower()


def _checked(path: Path, *, frequency: str) -> pd.DataFrame:
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
    first = _FIRST_ROW[_suffix(path)]
    rows = rows.assign(
        place=[f"{path}:{first + number}" for number in range(len(rows))]
    )
    if _suffix(path) == ".csv":
        cells = rows.drop(columns="place")
        rows = rows[(cells.notna() & (cells != "")).any(axis=1)]
    place = rows["place"]
    ids = _ids(rows[columns["unique_id"]], place, columns["unique_id"])
    if CALENDAR in rows:
        known = rows[CALENDAR].isna() | rows[CALENDAR].isin(["", *CALENDAR_IDS])
        names = " or ".join(CALENDAR_IDS)
        refuse(~known, place, CALENDAR, rows[CALENDAR], expected=names)
    return pd.DataFrame(
        {
            "unique_id": ids,
            "ds": times(rows[columns["ds"]], place, columns["ds"], frequency=frequency),
            "y": numbers(rows[columns["y"]], place, columns["y"]),
            **{name: rows[name] for name in _OPTIONAL if name in rows},
            "place": place,
        }
    )


def _ids(cells: pd.Series, place: pd.Series, column: str) -> pd.Series:
    """Return the names of series, in one spelling each, as `capacity load` does."""
    ids = cells.astype("str").str.normalize("NFC").str.strip(BLANKS)
    is_empty = cells.isna() | ids.eq("")
    refuse(is_empty, place, column, ids, expected="an identifier")
    is_hiding = pc.match_substring_regex(pa.array(ids, pa.string()), HIDDEN)
    hiding = pd.Series(is_hiding.to_pandas().to_numpy(), index=ids.index)
    refuse(hiding, place, column, ids, expected=NO_HIDDEN)
    return ids


def _read(path: Path) -> pd.DataFrame:
    check_suffix(path, option="FILE")
    try:
        if _suffix(path) == ".csv":
            _refuse_utf16(path)
            return pd.read_csv(
                path, dtype=str, keep_default_na=False, skip_blank_lines=False
            )
        return pd.read_parquet(path)
    except FileNotFoundError:
        raise InputError(f"{path} does not exist → check the name") from None
    except UnicodeDecodeError:
        raise InputError(f"{path} is not UTF-8 text → save it as UTF-8") from None
    except (OSError, ValueError, pd.errors.ParserError, pa.ArrowException) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"{path} cannot be read: {reason} → mend the file") from None


def _refuse_utf16(path: Path) -> None:
    with path.open("rb") as file:
        if b"\0" in file.read(1000):
            raise InputError(f"{path} is not UTF-8 text → save it as UTF-8")
