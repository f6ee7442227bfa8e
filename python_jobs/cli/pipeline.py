"""The steps of `capacity run`, each safe to repeat."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from hashlib import sha256
from importlib import import_module
from typing import TYPE_CHECKING

from python_jobs.cli.build_plan import BuildPlan, has_late_gap, reprocess_from
from python_jobs.cli.engine import has_relation, read_sql, relation
from python_jobs.cli.kept_queries import keep_queries
from python_jobs.cli.session import Session
from python_jobs.cli.state import (
    built_date,
    forget_last_build,
    project_hash,
    read_last_build,
    record_build,
    record_part,
    refuse_another_date,
)
from python_jobs.jobs import JOBS
from python_jobs.platform.errors import RunError, UsageError
from python_jobs.platform.progress import Progress
from python_jobs.platform.settings import Settings

if TYPE_CHECKING:
    import pyarrow as pa

    from python_jobs.forecasting.config import JobsConfig

# What the first steps build; each contains the one before.
_PLANNED = ("+int_server_capacities",)
_FEATURES = ("+path:models/features",)

_FITTING = ("usage_forecasts", "server_clusters")


def is_empty(session: Session) -> bool:
    """Return whether the warehouse has no metric rows."""
    return set(loaded(session)["file_kind"].to_pylist()) <= {"servers"}


def loaded(session: Session) -> "pa.Table":
    """Return the ledger's rows of files that were loaded."""
    import pyarrow.compute as pc  # noqa: PLC0415 - slow import

    loads = session.store.read("raw.loads")
    return loads.filter(pc.equal(loads["status"], "loaded"))


def plan_build(session: Session) -> BuildPlan:
    """Decide the date the whole run looks from, and the first day to process again.

    Builds the date and the sizes of the servers, which both depend on. On Athena the
    record of the last green build is forgotten: from here on its tables may be in the
    middle of one.

    Raises
    ------
    RunError
        If the warehouse holds no measured value.
    UsageError
        If the date asked for lies outside the loaded days.
    """
    loads = loaded(session)
    variables = None
    if session.as_of_date is not None:
        _check_date(loads, session.as_of_date)
        variables = {"as_of_date": session.as_of_date.isoformat()}
    session.dbt.build("as-of date", select=_PLANNED, variables=variables)
    as_of_date = built_date(session.settings)
    if as_of_date is None:
        raise RunError(
            "the warehouse holds no measured value, so there is no day to look from"
            " → `capacity generate` or `capacity load FILE…` first"
        )
    last = read_last_build(session.settings)
    plan = BuildPlan(
        as_of_date=as_of_date,
        loads=loads,
        project_hash=project_hash(session.settings.project_dir),
        sizes_hash=_sizes_hash(session),
    )
    first_date = reprocess_from(last, plan)
    if last is None or first_date is None:
        is_whole = True
    else:
        is_whole = has_late_gap(session.store, last, plan, first_date=first_date)
    forget_last_build(session.settings)
    return replace(plan, reprocess_from=None if is_whole else first_date)


def build_features(session: Session, plan: BuildPlan) -> None:
    """Build what the jobs read, and nothing behind it."""
    session.dbt.build(
        "features", select=_FEATURES, exclude=_PLANNED, variables=plan.variables
    )


def build_rest(session: Session, plan: BuildPlan, *, has_features: bool) -> None:
    """Build and test what is not built yet; remember the build, for all was green."""
    built = _FEATURES if has_features else _PLANNED
    session.dbt.build("models and tests", exclude=built, variables=plan.variables)
    record = plan.record(finished_at=datetime.now(UTC))
    record_build(session.settings, record, run_ids=_shown_runs(session))
    keep_queries(session)


def build_empty(session: Session) -> None:
    """Build and test the whole project over tables without a row."""
    forget_last_build(session.settings)
    session.dbt.build("models and tests")
    record_part(session.settings, as_of_date=None, selection=None)
    keep_queries(session)


def build_selected(session: Session, select: Sequence[str]) -> None:
    """Build a part of the project as of the last build's date.

    Raises
    ------
    UsageError
        If another date is asked for: the rest would still look from the last one.
    """
    built = built_date(session.settings)
    as_of_date = session.as_of_date or built
    if built is not None and as_of_date is not None:
        refuse_another_date("marts", built=built, asked=as_of_date)
    variables = {"as_of_date": as_of_date.isoformat()} if as_of_date else None
    forget_last_build(session.settings)
    session.dbt.build("selected nodes", select=select, variables=variables)
    record_part(
        session.settings,
        as_of_date=built_date(session.settings),
        selection=" ".join(select),
        run_ids=_shown_runs(session),
    )


def check_names(names: Sequence[str]) -> None:
    """Refuse names that are no jobs."""
    unknown = [name for name in names if name not in JOBS]
    if unknown:
        raise UsageError(f"no job {', '.join(unknown)} → use {', '.join(JOBS)}")


def import_jobs() -> None:
    """Import the jobs, which takes seconds, while there is something to wait for."""
    for name in JOBS:
        import_module(f"python_jobs.{name}")


def refuse_other_features(session: Session, as_of_date: date) -> None:
    """Refuse to run jobs as of a date for which the features were not built.

    Raises
    ------
    UsageError
        If they were not built, or for another date.
    """
    refuse_another_date("features", built=_features_date(session), asked=as_of_date)


def publish_jobs(
    names: Sequence[str],
    *,
    settings: Settings,
    as_of_date: date,
    options: "JobsConfig",
    is_from_saved: bool,
    progress: Progress,
) -> None:
    """Run jobs, one after the other, and publish what they return."""
    from python_jobs.jobs.runner import run_job  # noqa: PLC0415 - slow import

    for name in names:
        result = run_job(
            import_module(f"python_jobs.{name}"),
            settings=settings,
            as_of_date=as_of_date,
            options=options if name in _FITTING else None,
            progress=progress,
            is_from_saved=is_from_saved,
        )
        progress.note(f"{name} published", **result.row_counts)


def _check_date(loads: "pa.Table", as_of_date: date) -> None:
    """Refuse a date from which no loaded day, or nothing but forecasts, is seen."""
    days = [
        day
        for column in ("first_date", "last_date")
        for day in loads[column].to_pylist()
        if day is not None
    ]
    if days and not min(days) <= as_of_date <= max(days):
        raise UsageError(
            f"--as-of {as_of_date} is outside the loaded days, {min(days)} to"
            f" {max(days)} → use one of them"
        )


def _shown_runs(session: Session) -> list[str]:
    """Return the published runs that a local build shows."""
    settings = session.settings
    if settings.target == "athena":
        return []
    if not has_relation(settings, "intermediate", "int_published_runs"):
        return []
    rows = read_sql(settings, "from intermediate.int_published_runs order by job")
    run_ids: list[str] = rows["run_id"].to_pylist()
    return run_ids


def _sizes_hash(session: Session) -> str:
    """Return a hash of what every day of a server is seen by: sizes and calendars."""
    table = relation(session.settings, "intermediate", "int_server_capacities")
    columns = (
        "server_id, metric, first_date, last_date, decommissioned_date, calendar_id,"
        " usage_unit, capacity_value, rebase_ratio"
    )
    rows = read_sql(
        session.settings,
        f"select {columns} from {table} order by server_id, metric, first_date",  # noqa: S608
    )
    return sha256(repr(rows.to_pylist()).encode()).hexdigest()


def _features_date(session: Session) -> date | None:
    """Return the date the built features look from; None when there are none."""
    if not has_relation(session.settings, "features", "feat_calendar_weights"):
        return None
    table = relation(session.settings, "features", "feat_calendar_weights")
    found = read_sql(
        session.settings,
        f"select max(calendar_date) as as_of_date from {table}"  # noqa: S608
        " where origin_number = 0",
    )
    dates: list[date | None] = found["as_of_date"].to_pylist()
    return dates[0] if dates else None
