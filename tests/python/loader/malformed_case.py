"""One malformed file of the tests, and the good rows that such files begin with."""

import io
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.parquet as pq

from python_jobs.loader.columns import Statistic

HEADER = "server_id,timestamp,cpu_p95\n"
GOOD = HEADER + "".join(f"A,2025-01-{day:02d},{day}\n" for day in range(1, 11))


def with_row(line: str) -> str:
    """Return a file of ten good rows in which one line of eleven is bad."""
    return GOOD + line + "\n"


@dataclass(frozen=True)
class Case:
    """One file that nothing may be loaded of."""

    label: str
    name: str
    content: str | bytes
    expected: str
    config: dict[str, object] = field(default_factory=dict)
    statistic: Statistic | None = None


def parquet_bytes(table: pa.Table) -> bytes:
    """Return the bytes of a Parquet file."""
    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()
