"""Ledger of loads: one row of ``raw.loads`` each, and the rejected rows."""

# ruff: noqa: S608 - texts from outside pass literal(), names are our own
import hashlib
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Literal

import pyarrow as pa
from pyiceberg.expressions import BooleanExpression

from python_jobs.loader.columns import Statistic
from python_jobs.loader.preflight import SourceFile
from python_jobs.loader.reading import Staging
from python_jobs.store import TABLES, Store
from python_jobs.store.filters import all_of, at_least, at_most, equal_to, less_than

_ID_LENGTH = 16
_BATCH_ROWS = 100_000


@dataclass(frozen=True)
class LoadReport:
    """What became of one file.

    Attributes
    ----------
    status
        ``loaded``; ``loading``: its rows are about to be written, or it was killed;
        ``rejected``: nothing of it was loaded; ``known``: it had been loaded before.
    rows_read, rows_accepted, rows_rejected
        Rows of the file; the last two add up to the first.
    first_date, last_date
        Days of the accepted rows.
    reason
        Why the file was rejected, with the first bad row and what to do.
    """

    load_id: str
    file_name: str
    file_sha256: str
    file_kind: Literal["metrics", "servers"]
    status: Literal["loaded", "loading", "rejected", "known"]
    statistic: Statistic | None = None
    interval_seconds: int | None = None
    rows_read: int = 0
    rows_accepted: int = 0
    rows_rejected: int = 0
    first_date: date | None = None
    last_date: date | None = None
    reason: str | None = None


def load_id_of(source: SourceFile, *, name: str = "") -> str:
    """Identify a load by what the file holds, and by its name where that adds to it."""
    text = f"{source.sha256}|{name}"
    return hashlib.sha256(text.encode()).hexdigest()[:_ID_LENGTH]


def known_load(store: Store, load_id: str) -> LoadReport | None:
    """Return the report of a load that the ledger has; None when it has none."""
    rows = store.read("raw.loads", where=equal_to("load_id", load_id)).to_pylist()
    return _report_of(rows[0]) if rows else None


def settle_killed_loads(store: Store) -> None:
    """Close the loads that were killed: one whose rows are there has happened.

    Its rows were written in one commit, so that all of them are there or none.
    """
    killed = store.read("raw.loads", where=equal_to("status", "loading")).to_pylist()
    for row in killed:
        report = _report_of(row)
        if _has_rows(store, report, loaded_at=row["loaded_at"]):
            loaded = replace(report, status="loaded")
            record_load(store, loaded, now=row["loaded_at"])
        else:
            store.delete("raw.loads", where=equal_to("load_id", report.load_id))


def _report_of(row: dict[str, Any]) -> LoadReport:
    return LoadReport(**{name: row[name] for name in row if name != "loaded_at"})


def _has_rows(store: Store, report: LoadReport, *, loaded_at: datetime) -> bool:
    where = all_of(
        equal_to("load_id", report.load_id), equal_to("loaded_at", loaded_at)
    )
    name = "raw.servers" if report.file_kind == "servers" else "raw.server_metrics"
    if report.first_date is not None and report.last_date is not None:
        where = all_of(
            where,
            at_least("timestamp", report.first_date),
            less_than("timestamp", report.last_date + timedelta(days=1)),
        )
    return bool(store.read(name, columns=("load_id",), where=where).num_rows)


def record_load(store: Store, report: LoadReport, *, now: datetime) -> None:
    """Write the ledger row of a load: the last step, which makes it known."""
    row = asdict(report) | {"loaded_at": now}
    del row["reason"]
    schema = TABLES["raw.loads"].arrow_schema
    store.overwrite(
        "raw.loads",
        pa.Table.from_pylist([row], schema=schema),
        where=equal_to("load_id", report.load_id),
    )


def is_recorded(store: Store, report: LoadReport) -> bool:
    """Tell whether the ledger says the same already."""
    return known_load(store, report.load_id) == replace(report, reason=None)


def quarantine_file(
    store: Store,
    report: LoadReport,
    *,
    rule: str,
    column: str,
    value: str,
    now: datetime,
) -> None:
    """Record that a file as a whole breaks a rule, as its row 0."""
    row = {
        "load_id": report.load_id,
        "file_name": report.file_name,
        "row_number": 0,
        "server_id": None,
        "rule": rule,
        "column_name": column,
        "value": value,
        "raw_row": None,
        "loaded_at": now,
    }
    schema = TABLES["raw.rejected_rows"].arrow_schema
    store.overwrite(
        "raw.rejected_rows",
        pa.Table.from_pylist([row], schema=schema),
        where=equal_to("load_id", report.load_id),
    )


def quarantine_rows(
    store: Store, staging: Staging, report: LoadReport, *, now: datetime
) -> None:
    """Write the rejected rows of a load in place of those of an earlier attempt.

    Batches are ranges of row numbers without a gap between them, so that nothing of an
    earlier attempt stays and a repeated batch replaces itself.
    """
    of_load = equal_to("load_id", report.load_id)
    if not staging.rejected_count and not _is_quarantined(store, of_load):
        return
    after = -1
    while True:
        last = int(
            staging.scalar(
                "select max(row_number) from (select row_number from rejects"
                f" where row_number > {after} order by row_number limit {_BATCH_ROWS})"
            )
        )
        is_last = not staging.scalar(
            f"select count(*) from rejects where row_number > {max(last, after)}"
        )
        rows = _rejected_rows(
            staging,
            condition=f"row_number > {after} and row_number <= {last}",
            constants=(report.load_id, report.file_name, now),
        )
        bounds = [of_load, at_least("row_number", after + 1)]
        if not is_last:
            bounds.append(at_most("row_number", last))
        store.overwrite("raw.rejected_rows", rows, where=all_of(*bounds))
        if is_last:
            return
        after = last


def _is_quarantined(store: Store, of_load: BooleanExpression) -> bool:
    rows = store.read("raw.rejected_rows", columns=("load_id",), where=of_load)
    return bool(rows.num_rows)


def _rejected_rows(
    staging: Staging, *, condition: str, constants: tuple[str, str, datetime]
) -> pa.Table:
    load_id, file_name, now = constants
    return staging.connection.sql(
        f"""
        with rejected as (select * from rejects where {condition})
        select
            cast($load_id as varchar) as load_id,
            cast($file_name as varchar) as file_name,
            rejected.row_number,
            case
                when rejected.rule not in ('bad_quotes', 'field_count')
                    then {staging.server_id}
            end as server_id,
            rejected.rule,
            rejected.column_name,
            rejected.value,
            source.raw_row,
            cast($now as timestamp) as loaded_at
        from rejected
        left join source on rejected.row_number = source.row_number
        order by rejected.row_number, rejected.rule
        """,
        params={"load_id": load_id, "file_name": file_name, "now": now},
    ).to_arrow_table()
