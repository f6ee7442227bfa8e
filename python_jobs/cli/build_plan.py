"""What the next build looks from, and the first day that it must process again."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from python_jobs.cli.state import LastBuild

if TYPE_CHECKING:
    import pyarrow as pa

    from python_jobs.store import Store


@dataclass(frozen=True)
class BuildPlan:
    """What one build looks from and over, decided once for all its phases.

    Attributes
    ----------
    as_of_date
        Date that the build looks from.
    loads
        Rows of ``raw.loads`` that were loaded when it began.
    project_hash
        Hash of the dbt project's files.
    sizes_hash
        Hash of the servers' sizes, service dates and calendars.
    reprocess_from
        First day to process again; None: every day.
    """

    as_of_date: date
    loads: "pa.Table"
    project_hash: str
    sizes_hash: str
    reprocess_from: date | None = None

    @property
    def variables(self) -> dict[str, str]:
        """Values of dbt's variables."""
        values = {"as_of_date": self.as_of_date.isoformat()}
        if self.reprocess_from is not None:
            values["reprocess_from"] = self.reprocess_from.isoformat()
        return values

    def record(self, *, finished_at: datetime) -> LastBuild:
        """Return the record of this build, made when it was green."""
        return LastBuild(
            as_of_date=self.as_of_date.isoformat(),
            load_ids=tuple(sorted(self.loads["load_id"].to_pylist())),
            project_hash=self.project_hash,
            sizes_hash=self.sizes_hash,
            finished_at=finished_at.isoformat(timespec="seconds"),
        )


def reprocess_from(last: LastBuild | None, plan: BuildPlan) -> date | None:
    """Return the first date that the next build must process again.

    Parameters
    ----------
    last
        Last green build.
    plan
        The next one.

    Returns
    -------
    date or None
        None: everything, because nothing is known about the last build, the project
        changed, the as-of date went back, a load is gone or has no dates (an
        inventory), or a server's size or calendar changed, by which its days are seen.
    """
    if last is None or last.project_hash != plan.project_hash:
        return None
    previous = date.fromisoformat(last.as_of_date)
    known = set(plan.loads["load_id"].to_pylist())
    if plan.as_of_date < previous or not set(last.load_ids) <= known:
        return None
    first_dates: list[date | None] = _new_loads(last, plan)["first_date"].to_pylist()
    dated = [each for each in first_dates if each is not None]
    if len(dated) < len(first_dates) or last.sizes_hash != plan.sizes_hash:
        return None
    # days after the last as-of date have never been built
    return min([*dated, previous + timedelta(days=1)])


def has_late_gap(
    store: "Store", last: LastBuild, plan: BuildPlan, *, first_date: date
) -> bool:
    """Return whether a late row lacks a value: it may have taken one back.

    A merge replaces and adds rows, but a day without a measurement has none.
    """
    # imported late: both take a second, and most commands plan no build
    from python_jobs.loader.columns import METRIC_COLUMNS  # noqa: PLC0415
    from python_jobs.store.filters import (  # noqa: PLC0415
        all_of,
        at_least,
        less_than,
        one_of,
    )

    last_date = date.fromisoformat(last.as_of_date)
    if first_date > last_date:
        return False
    rows = store.read(
        "raw.server_metrics",
        columns=METRIC_COLUMNS,
        where=all_of(
            at_least("timestamp", first_date),
            less_than("timestamp", last_date + timedelta(days=1)),
            one_of("load_id", _new_loads(last, plan)["load_id"].to_pylist()),
        ),
    )
    return any(column.null_count for column in rows.columns)


def _new_loads(last: LastBuild, plan: BuildPlan) -> "pa.Table":
    """Return the loads that the last build has not seen."""
    import pyarrow as pa  # noqa: PLC0415 - slow import
    import pyarrow.compute as pc  # noqa: PLC0415

    load_ids = plan.loads["load_id"]
    is_known = pc.is_in(load_ids, pa.array(last.load_ids, pa.string()))
    return plan.loads.filter(pc.invert(is_known))
