"""Commands that compute: build, jobs, run."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from python_jobs.cli.build_file import building
from python_jobs.cli.data_commands import generate_fleet, load_files, rejection_reason
from python_jobs.cli.job_process import JobProcess, job_process
from python_jobs.cli.job_server import Request
from python_jobs.cli.pipeline import (
    build_empty,
    build_features,
    build_rest,
    build_selected,
    check_names,
    is_empty,
    plan_build,
    refuse_other_features,
)
from python_jobs.cli.scans import forget_scans
from python_jobs.cli.session import Session
from python_jobs.cli.state import built_date
from python_jobs.cli.summary import print_summary
from python_jobs.cli.tidying import tidy_tables
from python_jobs.jobs import JOBS
from python_jobs.platform.errors import InputError, UsageError


def build(
    ctx: typer.Context,
    select: Annotated[
        list[str] | None,
        typer.Option("--select", metavar="NODES", help="dbt selection; default: all."),
    ] = None,
) -> None:
    """Build and test the dbt project over what is loaded and published."""
    session: Session = ctx.obj
    with session.writing("build"), building(session) as work:
        forget_scans(work.settings)
        if select:
            build_selected(work, select)
        elif is_empty(work):
            build_empty(work)
        else:
            build_rest(work, plan_build(work), has_features=False)


def jobs(
    ctx: typer.Context,
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME]...", help=f"Of {', '.join(JOBS)}."),
    ] = None,
    from_saved: Annotated[
        bool,
        typer.Option(
            "--from-saved",
            help="usage_forecasts: forecast from the newest saved models, fit nothing.",
        ),
    ] = False,
) -> None:
    """Run Python jobs over the built features and publish their rows; default: all."""
    session: Session = ctx.obj
    check_names(names or JOBS)
    if from_saved and names != ["usage_forecasts"]:
        raise UsageError(
            "--from-saved is for one job alone → `capacity jobs usage_forecasts"
            " --from-saved`"
        )
    with session.writing("jobs"), job_process() as process:
        as_of_date = session.as_of_date or built_date(session.settings)
        if as_of_date is None:
            raise UsageError(
                "nothing is built yet → `capacity build`, or `capacity run`"
            )
        _run_jobs(
            session,
            process,
            names or JOBS,
            as_of_date=as_of_date,
            from_saved=from_saved,
        )
        tidy_tables(session, "ml")


def run(
    ctx: typer.Context,
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[FILE]...", help="More files for --data."),
    ] = None,
    data: Annotated[
        list[Path] | None,
        typer.Option(
            "--data",
            metavar="FILE...",
            help="Metric files to load into a warehouse of their own.",
        ),
    ] = None,
    servers: Annotated[
        list[Path] | None,
        typer.Option("--servers", metavar="FILE", help="Inventory of these servers."),
    ] = None,
) -> None:
    """Do everything: data, features, jobs, forecasts, reports, and a summary."""
    session: Session = ctx.obj
    if not data and (files or servers):
        raise UsageError(
            "run takes files only as `--data FILE…` → `capacity run --data FILE…"
            " [--servers FILE]`, or `capacity load FILE…` for this warehouse"
        )
    metric_files = [*(data or []), *(files or [])]
    if metric_files:
        session = _own_warehouse(ctx, session, [*metric_files, *(servers or [])])
    with session.writing("run"):
        with building(session) as work:
            forget_scans(work.settings)
            work.store.init()
            if metric_files:
                _load_own(work, metric_files, servers=servers or [])
            elif is_empty(work):
                generate_fleet(work)
            with job_process() as process:
                plan = plan_build(work)
                work.progress.note("as-of date", date=plan.as_of_date)
                build_features(work, plan)
                _run_jobs(work, process, JOBS, as_of_date=plan.as_of_date)
            build_rest(work, plan, has_features=True)
        tidy_tables(session, "raw")
        tidy_tables(session, "ml")
    print_summary(session, as_of_date=plan.as_of_date)


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    for command in (build, jobs, run):
        app.command()(command)


def _run_jobs(
    session: Session,
    process: JobProcess,
    names: Sequence[str],
    *,
    as_of_date: date,
    from_saved: bool = False,
) -> None:
    """Let the process beside run jobs over the features of one date."""
    refuse_other_features(session, as_of_date)
    request = Request(
        names=tuple(names),
        settings=session.settings,
        as_of_date=as_of_date,
        options=session.config.jobs,
        is_from_saved=from_saved,
    )
    process.run(request, progress=session.progress)


def _load_own(session: Session, files: list[Path], *, servers: list[Path]) -> None:
    """Load what can be loaded; a rejected file is reported, and the others are loaded.

    Raises
    ------
    InputError
        If every metric file is rejected, or an inventory is.
    """
    reports = load_files(session, files, servers=servers)
    rejected = [each for each in reports if each.status == "rejected"]
    reasons = [rejection_reason(each) for each in rejected]
    kinds = {each.file_kind for each in rejected}
    if "servers" in kinds or len(rejected) + len(servers) == len(reports):
        raise InputError("\n".join(reasons))
    for each in reasons:
        session.progress.warn(each)


def _own_warehouse(ctx: typer.Context, session: Session, files: list[Path]) -> Session:
    """Return the session over a warehouse of these files' own.

    The same files come back to the same folder, so a second run changes nothing.
    """
    missing = [str(path) for path in files if not path.is_file()]
    if missing:
        raise UsageError(f"no file {', '.join(missing)} → check the path")
    if session.settings.target == "athena":
        raise UsageError(
            "run --data gives files a warehouse of their own, which Athena has not →"
            " set CAPACITY_SCHEMA_PREFIX and CAPACITY_S3_WAREHOUSE to places of their"
            " own, then `capacity load FILE…` and `capacity run`"
        )
    parent = ctx.parent.params if ctx.parent else {}
    if parent.get("warehouse"):
        return session
    names = "\n".join(sorted(str(path.resolve()) for path in files))
    stem = f"data-{hashlib.sha256(names.encode()).hexdigest()[:8]}"
    folder = session.settings.warehouse / stem
    session.progress.note("warehouse of these files", folder=folder)
    return replace(session, settings=replace(session.settings, warehouse=folder))
