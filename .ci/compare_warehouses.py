"""Compare the published tables of two local warehouses, row by row, to 1e-9.

Usage: ``.venv/bin/python .ci/compare_warehouses.py BEFORE AFTER``. Prints one line for
each table that differs and ends with 1 when any does: a change that is meant to leave
numbers alone is held to that. Tables are those of schema marts, built by dbt, and those
of schema ml, by the current snapshots of their Iceberg metadata. Nothing is written.
"""

import argparse
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
from pyiceberg.table import StaticTable

from python_jobs.store.local_catalog import metadata_locations

TOLERANCE = 1e-9
"""Largest absolute difference of two numbers, and largest one relative to the first."""

SORTED_DIGITS = 6
"""Digits of the numbers by which rows of the same keys are paired."""

PER_RUN = {
    *("run_id", "previous_run_id", "load_id", "loaded_at", "published_at"),
    *("data_fingerprint", "code_version", "options"),
}
"""Columns that name a run or its time: they differ between equal warehouses."""

Tables = Mapping[str, Callable[[], pd.DataFrame]]


def main() -> int:
    """Compare the warehouses of the command line; return 1 when any table differs."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("before", type=Path, help="folder of the first warehouse")
    parser.add_argument("after", type=Path, help="folder of the second warehouse")
    parser.add_argument(
        "--rename",
        nargs="+",
        default=[],
        metavar="OLD=NEW",
        help="columns, and tables as schema.table, by their names in BEFORE and AFTER",
    )
    parser.add_argument("--only", default="", help="tables whose name contains this")
    asked = parser.parse_args()
    names = dict(each.split("=", 1) for each in asked.rename)
    before = {names.get(name, name): t for name, t in tables(asked.before).items()}
    after = tables(asked.after)
    compared = sorted(each for each in {*before, *after} if asked.only in each)
    differing = 0
    for name in compared:
        if name not in before or name not in after:
            found = [f"only in {asked.before if name in before else asked.after}"]
        else:
            found = differences(before[name]().rename(columns=names), after[name]())
        if found:
            differing += 1
            sys.stdout.write(f"{name}: {'; '.join(found)}\n")
    sys.stdout.write(f"{len(compared)} tables compared, {differing} differ\n")
    return int(differing > 0)


def tables(warehouse: Path) -> Tables:
    """Return what reads each published table of a warehouse, by its name."""
    database = duckdb.connect(str(warehouse / "capacity.duckdb"), read_only=True)
    listed = database.execute(
        "select table_name from information_schema.tables"
        # the record of the build holds its time
        " where table_schema = 'marts' and table_name != 'builds'"
    ).fetchall()
    marts = [f"marts.{name}" for (name,) in listed]
    locations = metadata_locations(warehouse)
    jobs = [name for name in locations if name.startswith("ml.")]

    def read_mart(name: str) -> pd.DataFrame:
        frame: pd.DataFrame = database.sql(f"from {name}").to_arrow_table().to_pandas()
        return frame

    def read_job(name: str) -> pd.DataFrame:
        return StaticTable.from_metadata(locations[name]).scan().to_pandas()

    return {
        **{name: partial(read_mart, name) for name in marts},
        **{name: partial(read_job, name) for name in jobs},
    }


def differences(before: pd.DataFrame, after: pd.DataFrame) -> list[str]:
    """Return in what two tables differ; empty: in nothing.

    Parameters
    ----------
    before, after
        Rows in any order. Columns of `PER_RUN` are not compared.

    Returns
    -------
    list of str
        Columns that one of them lacks, numbers of rows, and by column how many values
        differ, of numbers the largest difference.
    """
    found = [f"lacks {name}" for name in before if name not in after]
    found += [f"has new {name}" for name in after if name not in before]
    if len(before) != len(after):
        return [*found, f"{len(before)} rows, then {len(after)}"]
    shared = [str(name) for name in before if name in after]
    columns = [name for name in shared if name not in PER_RUN]
    numbers = [
        name
        for name in columns
        if {before[name].dtype.kind, after[name].dtype.kind} <= set("iuf")
    ]
    first, second = (
        _ordered(frame[columns], numbers=numbers) for frame in (before, after)
    )
    for name in columns:
        if name in numbers:
            left, right = (
                frame[name].to_numpy(np.float64) for frame in (first, second)
            )
            is_equal = np.isclose(
                right, left, rtol=TOLERANCE, atol=TOLERANCE, equal_nan=True
            )
            largest = np.nanmax(np.abs(left - right), initial=0.0)
            detail = f", largest difference {largest:.3g}"
        else:
            is_equal = (first[name] == second[name]).to_numpy()
            detail = ""
        if not is_equal.all():
            found.append(f"{name} differs in {(~is_equal).sum()} rows{detail}")
    return found


def _ordered(rows: pd.DataFrame, *, numbers: list[str]) -> pd.DataFrame:
    """Return rows by all that is no number, then by rounded numbers; null as text."""
    texts = {
        name: rows[name].astype("string").fillna("null")
        for name in rows.columns.astype(str)
        if name not in numbers
    }
    rounded = {
        name: rows[name].astype(np.float64).round(SORTED_DIGITS) for name in numbers
    }
    order = pd.DataFrame({**texts, **rounded})
    if len(order.columns):
        order = order.sort_values(list(order.columns), kind="stable")
    return rows.assign(**texts).loc[order.index].reset_index(drop=True)


if __name__ == "__main__":
    raise SystemExit(main())
