"""Rows that do not fit the declared table are refused, each with its reason."""

from datetime import date, datetime

import pandas as pd
import pyarrow as pa
import pytest
from store_rows import metric_rows

from python_jobs.platform.errors import RunError
from python_jobs.store import TABLES
from python_jobs.store.arrow_tables import conformed

SCHEMA = TABLES["raw.server_metrics"]
ROWS = metric_rows(["a", "b"], day=date(2025, 1, 1))


def _with(column: str, values: pa.Array) -> pa.Table:
    return ROWS.set_column(ROWS.column_names.index(column), column, values)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (ROWS.drop_columns(["cpu_p95"]), "column cpu_p95 is missing"),
        (ROWS.append_column("x", pa.array([1, 2])), "column x is not declared"),
        (ROWS.append_column("cpu_p95", ROWS["cpu_p95"]), "name is there twice"),
        (_with("server_id", pa.array(["a", None])), "server_id is null in row 1"),
        (_with("server_id", pa.array([1, 2])), "server_id holds int64 values; exp"),
        (_with("cpu_p95", pa.array(["1", "2"])), "cpu_p95 holds string values; expec"),
        (_with("cpu_p95", pa.array([1, float("nan")])), "cpu_p95 is nan in row 1"),
        (_with("cpu_p95", pa.array([float("inf"), 1.0])), "cpu_p95 is inf in row 0"),
        (
            _with("timestamp", ROWS["timestamp"].cast(pa.timestamp("us", "UTC"))),
            r"timestamp holds timestamp\[us, tz=UTC\] values",
        ),
        (
            _with("timestamp", pa.array([1, 1_001], pa.timestamp("ns"))),
            r"timestamp holds a value that timestamp\[us\] cannot hold",
        ),
    ],
)
def test_wrong_rows_are_named(rows: pa.Table, message: str) -> None:
    """The message names table and column, and the row where there is one."""
    with pytest.raises(RunError, match=rf"raw\.server_metrics: .*{message}.* → "):
        conformed(rows, schema=SCHEMA)


def test_columns_may_come_in_any_order_and_as_narrower_types() -> None:
    """Order, integers for numbers, categories and large strings are all fine."""
    rows = pa.table(
        {
            name: ROWS[name].cast(pa.large_string()).dictionary_encode()
            if name == "server_id"
            else ROWS[name]
            for name in reversed(ROWS.column_names)
        }
    )
    whole = rows.column_names.index("cpu_p95")
    rows = rows.set_column(whole, "cpu_p95", pa.array([1, None], pa.int32()))
    found = conformed(rows, schema=SCHEMA)
    assert found.schema == SCHEMA.arrow_schema
    assert found["cpu_p95"].to_pylist() == [1.0, None]


def test_pandas_dates_become_dates_and_times_are_refused() -> None:
    """A datetime64 at midnight is a date; one with a time of day is a mistake."""
    schema = TABLES["raw.servers"]
    frame = pd.DataFrame({c.name: [None] for c in schema.columns}).assign(
        server_id="a", valid_from=pd.Timestamp("2025-01-02")
    )
    rows = pa.Table.from_pandas(frame, preserve_index=False)
    assert conformed(rows, schema=schema)["valid_from"].to_pylist() == [
        date(2025, 1, 2)
    ]
    noon = frame.assign(valid_from=datetime(2025, 1, 2, 12))
    with pytest.raises(RunError, match=r"valid_from is 2025-01-02 12:00:00 in row 0"):
        conformed(pa.Table.from_pandas(noon, preserve_index=False), schema=schema)
