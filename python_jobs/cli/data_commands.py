"""Commands that fill the raw tables: init, generate, load."""

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from python_jobs.cli.session import Session
from python_jobs.cli.tables import text
from python_jobs.cli.tidying import tidy_tables
from python_jobs.platform.errors import InputError, UsageError

if TYPE_CHECKING:
    from python_jobs.generator import GeneratedFleet
    from python_jobs.loader.ledger import LoadReport


class FlatFormat(StrEnum):
    """Format of the generated flat file."""

    PARQUET = "parquet"
    CSV_GZ = "csv.gz"


def init(ctx: typer.Context) -> None:
    """Create every raw and ml table that is missing; safe to repeat."""
    session: Session = ctx.obj
    created = session.store.init()
    settings = session.settings
    is_local = settings.target == "duckdb"
    where = str(settings.warehouse) if is_local else settings.s3_warehouse
    session.console.print(
        f"{len(created)} tables created in {where}"
        if created
        else f"every table is there in {where}"
    )


def generate(
    ctx: typer.Context,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            metavar="DIR",
            help="Also write the flat file, its JSON summary and a CSV sample here.",
        ),
    ] = None,
    file_format: Annotated[
        FlatFormat,
        typer.Option("--format", metavar="NAME", help="Flat file: parquet or csv.gz."),
    ] = FlatFormat.PARQUET,
) -> None:
    """Generate the configured fleet into the raw tables; same seed, same rows."""
    from python_jobs.generator import write_files  # noqa: PLC0415 - slow import

    session: Session = ctx.obj
    with session.writing("generate"):
        session.store.init()
        fleet = generate_fleet(session)
        tidy_tables(session, "raw")
    show = session.console.print
    show(
        f"{text(fleet.config.server_count)} servers,"
        f" {text(fleet.server_metrics.num_rows)} rows,"
        f" {fleet.config.first_date} to {fleet.config.last_date},"
        f" {len(fleet.gates)} quality gates passed"
    )
    if output is not None:
        for path in write_files(fleet, output, file_format=file_format.value):
            show(str(path))


def load(
    ctx: typer.Context,
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[FILE]...", help="CSV, CSV.gz or Parquet of metrics."),
    ] = None,
    servers: Annotated[
        list[Path] | None,
        typer.Option("--servers", metavar="FILE", help="Inventory of servers."),
    ] = None,
) -> None:
    """Load metric files and inventories; the same file twice loads once."""
    session: Session = ctx.obj
    if not files and not servers:
        raise UsageError("nothing to load → `capacity load FILE… [--servers FILE]`")
    with session.writing("load"):
        session.store.init()
        reports = load_files(session, files or [], servers=servers or [])
        tidy_tables(session, "raw")
    session.console.print(_report_table(reports))
    refused = [each for each in reports if each.status == "rejected"]
    if refused:
        raise InputError("\n".join(rejection_reason(each) for each in refused))


def generate_fleet(session: Session) -> "GeneratedFleet":
    """Generate the fleet of the configuration into the raw tables."""
    from python_jobs import generator  # noqa: PLC0415 - slow import

    config = session.config.generator
    with session.progress.task("generate", total=2, unit="steps") as task:
        fleet = generator.generate(config)
        task.advance(detail="rows made")
        is_new = generator.write(fleet, session.store)
        task.advance(detail="rows written")
    session.progress.note(
        "fleet generated" if is_new else "this very fleet is there already",
        servers=config.server_count,
        rows=fleet.server_metrics.num_rows,
    )
    return fleet


def load_files(
    session: Session, files: Sequence[Path], *, servers: Sequence[Path]
) -> list["LoadReport"]:
    """Load inventories, then metric files, and tell whom only one of them knows.

    Returns
    -------
    list of LoadReport
        One per file; what a refused file is, the caller decides.

    Raises
    ------
    InputError
        If a file cannot be understood at all.
    """
    from python_jobs.loader.inventory_gaps import (  # noqa: PLC0415 - slow import
        inventory_gaps,
        warn_of_gaps,
    )
    from python_jobs.loader.metrics import load_metrics  # noqa: PLC0415
    from python_jobs.loader.servers import load_servers  # noqa: PLC0415

    store, config, progress = session.store, session.config.loader, session.progress
    now = datetime.now(UTC).replace(tzinfo=None)
    reports = [
        load_servers(path, store=store, config=config, progress=progress, now=now)
        for path in servers
    ]
    if files:
        reports += load_metrics(
            files, store=store, config=config, progress=progress, now=now
        )
    warn_of_gaps(inventory_gaps(store), progress=progress)
    return reports


def rejection_reason(report: "LoadReport") -> str:
    """Return why a file was rejected."""
    return report.reason or f"{report.file_name}: rejected → see raw.rejected_rows"


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    for command in (init, generate, load):
        app.command()(command)


def _report_table(reports: Sequence["LoadReport"]) -> Table:
    table = Table(
        "file", "status", "accepted", "rejected", "from", "to", box=None, pad_edge=False
    )
    for each in reports:
        cells = [
            each.rows_accepted,
            each.rows_rejected,
            each.first_date,
            each.last_date,
        ]
        table.add_row(
            text(each.file_name), each.status, *(text(cell) for cell in cells)
        )
    return table
