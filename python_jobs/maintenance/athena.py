"""What Athena does for its tables: OPTIMIZE, VACUUM, and the properties of both."""

from collections.abc import Callable
from typing import Any

from pyathena.error import OperationalError
from pyiceberg.table import Table

from python_jobs.maintenance.snapshots import Contents, Retention

_MOST_RUNS = 20
# Athena's own threshold for rewriting a partition
_SMALL_FILES = 5

Warn = Callable[[str], None]


def needs_rewrite(found: Contents) -> bool:
    """Return whether there are delete files, or files that would fit into fewer."""
    return found.delete_files > 0 or found.data_files - found.partitions >= _SMALL_FILES


def optimize(cursor: Any, name: str, *, warn: Warn) -> None:
    """Rewrite small files and delete files into larger ones."""
    statement = f"optimize {name} rewrite data using bin_pack"
    _repeat(cursor, statement, sign="ICEBERG_OPTIMIZE_MORE_RUNS_NEEDED", warn=warn)


def vacuum(
    cursor: Any, name: str, table: Table, *, retention: Retention, warn: Warn
) -> None:
    """Expire snapshots and remove files, by our retention and not Athena's own."""
    wanted = {
        "vacuum_max_snapshot_age_seconds": str(retention.keep_days * 86_400),
        "vacuum_min_snapshots_to_keep": str(retention.keep_last),
    }
    if any(table.properties.get(key) != value for key, value in wanted.items()):
        pairs = ", ".join(f"'{key}' = '{value}'" for key, value in wanted.items())
        cursor.execute(f"alter table {name} set tblproperties ({pairs})")
    sign = "ICEBERG_VACUUM_MORE_RUNS_NEEDED"
    _repeat(cursor, f"vacuum {name}", sign=sign, warn=warn)


def _repeat(cursor: Any, statement: str, *, sign: str, warn: Warn) -> None:
    """Run a statement until it has no more to do: each run has its limit."""
    for _ in range(_MOST_RUNS):
        try:
            cursor.execute(statement)
        except OperationalError as error:
            if sign not in str(error):
                raise
        else:
            return
    warn(f"`{statement}` has more to do after {_MOST_RUNS} runs → run it again later")
