"""The list of everything that reached Trino, one finished query a line."""

import json
import threading
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Statement:
    """One finished query.

    Attributes
    ----------
    query_id, work_group, database
        Which, and where.
    athena_sql
        As it was sent, dbt's comment with the node's name included.
    trino_sql
        What became of it, in order; checks before a statement included.
    statement_type, substatement_type, state, reason
        As Athena reports them.
    scanned_bytes
        Bytes that Trino read from files.
    millis
        From start to end.
    """

    query_id: str
    athena_sql: str
    trino_sql: tuple[str, ...]
    statement_type: str
    substatement_type: str
    state: str
    reason: str | None
    scanned_bytes: int
    millis: int
    work_group: str
    database: str


class StatementLog:
    """Appends statements to a file, from many threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    def add(self, statement: Statement) -> None:
        """Write one line."""
        line = json.dumps(asdict(statement))
        with self._lock, self._path.open("a") as lines:
            lines.write(f"{line}\n")


def read_statements(path: Path) -> list[Statement]:
    """Return the statements of a file, in the order in which they ended."""
    if not path.exists():
        return []
    found = (json.loads(line) for line in path.read_text().splitlines())
    return [Statement(**row | {"trino_sql": tuple(row["trino_sql"])}) for row in found]
