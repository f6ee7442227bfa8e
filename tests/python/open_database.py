"""A database that another process has open."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_PROGRAM = """
import duckdb, sys
connection = duckdb.connect(sys.argv[1], read_only=sys.argv[2] == "True")
print("open", flush=True)
for sql in sys.stdin:
    print(connection.execute(sql).fetchone()[0], flush=True)
"""


@dataclass(frozen=True)
class Opened:
    """The process that has it open."""

    process: "subprocess.Popen[str]"

    def answer(self, sql: str) -> str:
        """Return the first value of a query, as that process sees the database."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(sql, file=self.process.stdin, flush=True)
        return self.process.stdout.readline().strip()


@contextmanager
def opened(database: Path, *, read_only: bool = True) -> Iterator[Opened]:
    """Have a database open in another process until the block ends."""
    with subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, str(database), str(read_only)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        yield Opened(process)
        process.communicate()
