"""Print the hashes of a fleet's tables and files: run in processes of their own."""

import hashlib
import sys
import tempfile
from pathlib import Path

import pyarrow as pa

from python_jobs.generator import small_fleet, write_files


def table_digest(table: pa.Table) -> str:
    """Return the SHA-256 of a table's arrow stream."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table.combine_chunks())
    return hashlib.sha256(sink.getvalue()).hexdigest()


def main() -> None:
    """Print one line per table and file."""
    for granularity in ("daily", "hourly"):
        fleet = small_fleet(granularity=granularity)
        for name in ("server_metrics", "servers", "loads", "generator_truth"):
            sys.stdout.write(f"{granularity} {name} ")
            sys.stdout.write(f"{table_digest(getattr(fleet, name))}\n")
    with tempfile.TemporaryDirectory() as folder:
        fleet = small_fleet()
        for file_format in ("parquet", "csv.gz"):
            for path in write_files(fleet, Path(folder), file_format=file_format):
                digest = hashlib.sha256(path.read_bytes()).hexdigest()
                sys.stdout.write(f"{file_format} {path.name} {digest}\n")


if __name__ == "__main__":
    main()
