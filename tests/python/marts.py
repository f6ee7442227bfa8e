"""What a warehouse says in the end, to compare two of them."""

from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa

Frames = dict[str, pd.DataFrame]


def read_layer(warehouse: Path, layer: str = "marts") -> Frames:
    """Return every table and view of a layer of the local database, rows in order."""
    tables = read_tables(warehouse, layer)
    return {name: ordered(table) for name, table in tables.items()}


def read_tables(warehouse: Path, layer: str = "marts") -> dict[str, pa.Table]:
    """Return every table and view of a layer of the local database.

    But for the record of the build, which holds its time.
    """
    with duckdb.connect(str(warehouse / "capacity.duckdb"), read_only=True) as database:
        names = database.execute(
            "select table_name from information_schema.tables"
            " where table_schema = ? and table_name != 'builds' order by table_name",
            [layer],
        ).fetchall()
        return {
            name: database.sql(f"select * from {layer}.{name}").to_arrow_table()  # noqa: S608
            for (name,) in names
        }


def ordered(table: pa.Table) -> pd.DataFrame:
    """Return rows ordered by all columns that are no measure, columns by name."""
    names = sorted(table.column_names)
    kinds = {name: table.schema.field(name).type for name in names}
    keys = [name for name, kind in kinds.items() if not pa.types.is_floating(kind)]
    frame: pd.DataFrame = table.select(names).to_pandas()
    return frame.sort_values(keys, ignore_index=True) if keys else frame


def assert_equal(left: Frames, right: Frames) -> None:
    """Compare: exact for keys, dates, flags and counts, 1e-9 relative for measures."""
    assert list(left) == list(right)
    for name, frame in left.items():
        pd.testing.assert_frame_equal(
            frame, right[name], rtol=1e-9, atol=1e-12, obj=name
        )
