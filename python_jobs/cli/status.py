"""What a warehouse holds: tables, loads, published runs, the last build."""

from typing import TYPE_CHECKING

from rich.table import Table

from python_jobs.cli.scans import scan_tables
from python_jobs.cli.session import Session
from python_jobs.cli.state import built_date, project_hash, read_last_build
from python_jobs.cli.tables import NOTHING, fact_table, result_table, text

if TYPE_CHECKING:
    import pyarrow as pa

_SHOWN_LOADS = 10
_LOAD_COLUMNS = (
    "file_name",
    "file_kind",
    "rows_accepted",
    "rows_rejected",
    "first_date",
    "last_date",
    "status",
    "loaded_at",
)
_RUN_COLUMNS = ("job", "as_of_date", "run_id", "row_count", "published_at")


def print_status(session: Session) -> None:
    """Print tables with rows and snapshot, loads, runs and the last build."""
    loads = session.tables.read("raw.loads", columns=_LOAD_COLUMNS)
    runs = session.tables.read("ml.runs", columns=_RUN_COLUMNS)
    newest_loads = loads.sort_by(
        [("loaded_at", "descending"), ("file_name", "ascending")]
    )
    newest_runs = runs.sort_by([("as_of_date", "descending"), ("job", "ascending")])
    show = session.console.print
    show(result_table(_tables(session)))
    show()
    show(result_table(newest_loads, shown=_SHOWN_LOADS))
    show()
    show(result_table(newest_runs, shown=_SHOWN_LOADS))
    show()
    show(_build_facts(session))
    if session.settings.target == "athena":
        for table in scan_tables(session.settings):
            show()
            show(table)


def _tables(session: Session) -> "pa.Table":
    """Return each declared table with its rows and its current snapshot."""
    import pyarrow as pa  # noqa: PLC0415 - slow import

    from python_jobs.store import TABLES  # noqa: PLC0415

    tables = session.tables
    snapshots = {name: tables.snapshot_id(name) for name in TABLES}
    counts = [tables.row_count(name) for name in TABLES]
    return pa.table(
        {
            "table": list(TABLES),
            "rows": pa.array(counts, pa.int64()),
            # an id, not a quantity
            "snapshot": [str(each or NOTHING) for each in snapshots.values()],
        }
    )


def _build_facts(session: Session) -> Table:
    last = read_last_build(session.settings)
    facts = fact_table("last build")
    facts.add_row("warehouse", str(session.settings.warehouse))
    facts.add_row("target", session.settings.target)
    facts.add_row("as-of date", text(built_date(session.settings)))
    if last is None:
        facts.add_row("green build", "none on record: the next one merges everything")
        return facts
    facts.add_row("green build", last.finished_at)
    loads = session.tables.read("raw.loads", columns=["load_id"])["load_id"]
    since = set(loads.to_pylist()) - set(last.load_ids)
    facts.add_row("loads since", text(len(since)))
    same = last.project_hash == project_hash(session.settings.project_dir)
    facts.add_row("project since", "unchanged" if same else "changed")
    return facts
