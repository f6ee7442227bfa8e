"""Commands that look after the tables: maintain, adopt."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from python_jobs.cli.session import Session
from python_jobs.cli.state import built_date
from python_jobs.cli.tables import text
from python_jobs.cli.tidying import shown_moments
from python_jobs.platform.errors import UsageError
from python_jobs.platform.write_lock import write_lock

if TYPE_CHECKING:
    from python_jobs.maintenance.orphans import Orphans
    from python_jobs.maintenance.upkeep import Kept


def maintain(  # noqa: PLR0917 - the parser calls it by name
    ctx: typer.Context,
    keep_days: Annotated[
        int,
        typer.Option(
            min=1,
            metavar="DAYS",
            help="A snapshot stays for so long after the next one; default 5.",
        ),
    ] = 5,
    keep_last: Annotated[
        int,
        typer.Option(
            min=1,
            metavar="COUNT",
            help="So many of the newest snapshots stay in any case; default 10.",
        ),
    ] = 10,
    keep_runs: Annotated[
        int,
        typer.Option(
            min=1,
            metavar="COUNT",
            help="So many newest runs of a job stay, and one a month; default 10.",
        ),
    ] = 10,
    delete_orphans: Annotated[
        bool,
        typer.Option(
            "--delete-orphans",
            help="Delete files that nothing refers to; else they are only reported.",
        ),
    ] = False,
    orphan_days: Annotated[
        int,
        typer.Option(
            min=1,
            metavar="DAYS",
            help="No younger orphan is deleted, a writer may be at work; default 3.",
        ),
    ] = 3,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Change nothing, tell what would go.")
    ] = False,
) -> None:
    """Compact tables, expire old snapshots, report files that belong to nothing.

    Locally a month with more than three small files is rewritten as one. On Athena:
    OPTIMIZE and VACUUM of raw, ml and dbt's Iceberg tables. On both, rows of a job's
    old runs go, snapshots expire, and files that only they referred to are deleted.
    """
    from python_jobs.maintenance.snapshots import Retention  # noqa: PLC0415 - slow
    from python_jobs.maintenance.upkeep import (  # noqa: PLC0415 - slow import
        Plan,
        opened_upkeep,
    )

    session: Session = ctx.obj
    with session.writing("maintain"):
        plan = Plan(
            retention=Retention(
                keep_days, keep_last, shown_moments(session.settings) or ()
            ),
            keep_runs=keep_runs,
            shown_date=built_date(session.settings),
            orphan_days=orphan_days,
            deletes_orphans=delete_orphans,
            is_dry=dry_run,
        )
        with opened_upkeep(session.store, plan, session.progress) as upkeep:
            kept, tables, beside = upkeep.run()
    show = session.console.print
    show(_upkeep_table(kept, is_dry=dry_run))
    reports = {each.name: each.orphans for each in kept if each.orphans.files} | beside
    if reports:
        show()
        show(_orphan_table(reports, is_deleted=delete_orphans and not dry_run))
    for name in tables.leftovers:
        session.progress.warn(
            f"{name} was left by a build that did not end → drop it when no build runs"
        )


def adopt(ctx: typer.Context) -> None:
    """Make a copied or moved local warehouse one of its own; safe to repeat.

    Files are named by absolute paths, so each other command refuses a warehouse in a
    new place. A backup is a copy made while no command runs; nothing but the folder's
    own files is read or changed, and the original stays as it is:
    `cp -a warehouse copy && capacity --warehouse copy adopt`.
    """
    from python_jobs.store.adopt import adopt as adopted  # noqa: PLC0415 - slow import

    session: Session = ctx.obj
    settings = session.settings
    if settings.target != "duckdb":
        raise UsageError(
            "adopt is for local warehouses, tables in S3 stay where they are"
            " → use --target duckdb"
        )
    # not session.writing: that one refuses what is adopted here
    with write_lock(settings, "adopt"):
        done = adopted(settings.warehouse)
    session.console.print(
        f"{done.table_count} tables of {done.folders} now belong to"
        f" {settings.warehouse}, {done.file_count} files of metadata written anew"
        if done.folders
        else f"{settings.warehouse} is a warehouse of its own already",
        markup=False,
        soft_wrap=True,
    )


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    for command in (maintain, adopt):
        app.command()(command)


def _upkeep_table(kept: list["Kept"], *, is_dry: bool) -> Table:
    """Return one line a table, and their sum."""
    table = Table(
        "table", "files", "", "delete files", "", "snapshots", "", "MB freed",
        box=None, pad_edge=False, header_style="bold",
    )  # fmt: skip
    if is_dry:
        table.caption = "nothing was changed: --dry-run"
    touched = [each for each in kept if each.is_touched]
    for each in touched:
        before, after = each.before, each.after
        snapshots = before.snapshots - each.expiring if is_dry else after.snapshots
        table.add_row(
            each.name,
            text(before.data_files),
            f"→ {text(after.data_files)}",
            text(before.delete_files),
            f"→ {text(after.delete_files)}",
            text(before.snapshots),
            f"→ {text(snapshots)}",
            text((each.bytes_before - each.bytes_after) / 1e6),
        )
    freed = sum(each.bytes_before - each.bytes_after for each in kept)
    idle = f"{len(kept) - len(touched)} tables with nothing to do"
    table.add_row(idle, *[""] * 6, text(freed / 1e6))
    return table


def _orphan_table(reports: dict[str, "Orphans"], *, is_deleted: bool) -> Table:
    """Return one line for each place that holds files of nobody."""
    table = Table(
        "orphans in", "files", "MB", "oldest, days", "old enough", "such as",
        box=None, pad_edge=False, header_style="bold",
    )  # fmt: skip
    for name, found in reports.items():
        size = sum(each.size for each in found.files.values())
        table.add_row(
            name,
            text(len(found.files)),
            text(size / 1e6),
            text(found.oldest_days),
            text(len(found.old)),
            min(found.files).rsplit("/", 1)[-1],
        )
    table.caption = (
        "those old enough were deleted"
        if is_deleted
        else "nothing of it was deleted; --delete-orphans deletes what is old enough"
    )
    return table
