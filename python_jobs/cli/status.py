"""What a warehouse holds: tables, loads, published runs, the last build."""

from rich.table import Table

from python_jobs.cli.scans import scan_tables
from python_jobs.cli.session import Session
from python_jobs.cli.state import built_date, project_hash, read_last_build
from python_jobs.cli.tables import NOTHING, fact_table, row_table, text

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
    loads = session.tables.rows("raw.loads", columns=("load_id", *_LOAD_COLUMNS))
    runs = session.tables.rows("ml.runs", columns=_RUN_COLUMNS)
    loads.sort(key=lambda row: row["file_name"])
    loads.sort(key=lambda row: row["loaded_at"], reverse=True)
    runs.sort(key=lambda row: row["job"])
    runs.sort(key=lambda row: row["as_of_date"], reverse=True)
    show = session.console.print
    show(_tables(session))
    show()
    show(
        row_table(
            loads,
            columns=_LOAD_COLUMNS,
            numbers=("rows_accepted", "rows_rejected"),
            shown=_SHOWN_LOADS,
        )
    )
    show()
    show(
        row_table(
            runs, columns=_RUN_COLUMNS, numbers=("row_count",), shown=_SHOWN_LOADS
        )
    )
    show()
    show(_build_facts(session, load_ids={row["load_id"] for row in loads}))
    if session.settings.target == "athena":
        for table in scan_tables(session.settings):
            show()
            show(table)


def _tables(session: Session) -> Table:
    """Return each declared table with its rows and its current snapshot."""
    from python_jobs.store import TABLES  # noqa: PLC0415 - not for --help

    tables = session.tables
    rows = [
        {
            "table": name,
            "rows": tables.row_count(name),
            # an id, not a quantity
            "snapshot": str(tables.snapshot_id(name) or NOTHING),
        }
        for name in TABLES
    ]
    return row_table(rows, columns=("table", "rows", "snapshot"), numbers=("rows",))


def _build_facts(session: Session, *, load_ids: set[str]) -> Table:
    last = read_last_build(session.settings)
    facts = fact_table("last build")
    facts.add_row("warehouse", str(session.settings.warehouse))
    facts.add_row("target", session.settings.target)
    facts.add_row("as-of date", text(built_date(session.settings)))
    if last is None:
        facts.add_row("green build", "none on record: the next one merges everything")
        return facts
    facts.add_row("green build", last.finished_at)
    facts.add_row("loads since", text(len(load_ids - set(last.load_ids))))
    same = last.project_hash == project_hash(session.settings.project_dir)
    facts.add_row("project since", "unchanged" if same else "changed")
    return facts
