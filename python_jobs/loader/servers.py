"""Loads inventories of servers into ``raw.servers``, with their history.

A row is true from its `valid_from`. An inventory that has no such dates describes
today: of an unknown server it is taken to be true since ever, of a known one it
becomes a new row from the day of the load, if it says anything new.
"""

# ruff: noqa: S608 - texts from outside pass literal(), names are our own
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pyarrow as pa
from pyiceberg.expressions import BooleanExpression

from python_jobs.loader.columns import SERVER_FILE_COLUMNS
from python_jobs.loader.config import LoaderConfig
from python_jobs.loader.layout import Layout, servers_layout
from python_jobs.loader.ledger import (
    LoadReport,
    quarantine_rows,
    record_load,
)
from python_jobs.loader.loading import (
    Loading,
    TooManyRejectedError,
    load_lock,
    load_once,
    refuse_empty,
    refuse_rows,
)
from python_jobs.loader.preflight import SourceFile, inspect_file
from python_jobs.loader.reading import Staging, opened_staging
from python_jobs.loader.reasons import refuse_bad_share
from python_jobs.loader.server_fields import CROSS_RULES, server_fields
from python_jobs.loader.server_history import (
    keep_first_of_key,
    reject_changed_keys,
    resolve_history,
)
from python_jobs.platform.progress import Progress
from python_jobs.store import Store
from python_jobs.store.filters import all_of, at_least, at_most


def load_servers(
    path: Path,
    *,
    store: Store,
    config: LoaderConfig,
    progress: Progress,
    now: datetime,
) -> LoadReport:
    """Load one inventory into ``raw.servers``.

    Parameters
    ----------
    path
        CSV, CSV.gz or Parquet; columns of ``raw.servers``, only ``server_id``
        required. A column that the file does not have keeps its last known value.
    store
        Tables to write; they exist.
    now
        Clock of the load: UTC without a zone.

    Raises
    ------
    InputError
        If the file cannot be understood at all.
    """
    loading = Loading(store=store, config=config, progress=progress, now=now)
    source = inspect_file(path, config=config)
    layout = servers_layout(source, config=config)
    with load_lock(loading):
        return load_once(
            source,
            file_kind="servers",
            name="servers",
            loading=loading,
            load=lambda draft: _load_rows(source, layout, draft, loading),
        )


def _load_rows(
    source: SourceFile, layout: Layout, draft: LoadReport, loading: Loading
) -> LoadReport:
    fields = server_fields(layout)
    with opened_staging(
        source,
        fields=fields,
        extra_rules=CROSS_RULES,
        folder=loading.folder,
        config=loading.config,
    ) as staging:
        refuse_empty(staging, source=source)
        where = _of_servers(staging)
        stored = loading.store.read("raw.servers", where=where)
        staging.connection.register("stored", stored)
        try:
            resolve_history(
                staging,
                absent=set(SERVER_FILE_COLUMNS) - set(layout.positions),
                earliest_date=loading.config.earliest_date,
                load_date=loading.now.date(),
                load_id=draft.load_id,
            )
            keep_first_of_key(staging)
            refuse_bad_share(
                staging, source=source, fields=fields, config=loading.config
            )
        except TooManyRejectedError as error:
            return refuse_rows(draft, error, staging=staging, loading=loading)
        reject_changed_keys(staging)
        return _written(draft, staging, where=where, loading=loading)


def _of_servers(staging: Staging) -> BooleanExpression:
    """Return the filter of the stored servers in the range of the file's."""
    row = staging.first_row("select min(server_id), max(server_id) from typed")
    first, last = row if row is not None and row[0] is not None else ("", "")
    return all_of(at_least("server_id", first), at_most("server_id", last))


def _written(
    draft: LoadReport, staging: Staging, *, where: BooleanExpression, loading: Loading
) -> LoadReport:
    """Write quarantine, rows and ledger; the ledger announces the rows before."""
    rejected = staging.rejected_count
    report = replace(
        draft,
        status="loaded",
        rows_read=staging.rows_read,
        rows_accepted=staging.rows_read - rejected,
        rows_rejected=rejected,
    )
    store, now = loading.store, loading.now
    quarantine_rows(store, staging, report, now=now)
    record_load(store, replace(report, status="loading"), now=now)
    rows = _new_rows(staging, load_id=report.load_id, now=now)
    if rows.num_rows:
        store.merge("raw.servers", rows, key=("server_id", "valid_from"), where=where)
    record_load(store, report, now=now)
    return report


def _new_rows(staging: Staging, *, load_id: str, now: datetime) -> pa.Table:
    columns = ", ".join(SERVER_FILE_COLUMNS)
    return staging.connection.sql(
        f"""
        select
            {columns},
            cast($load_id as varchar) as load_id,
            cast($now as timestamp) as loaded_at
        from resolved
        where is_new
        order by server_id, valid_from
        """,
        params={"load_id": load_id, "now": now},
    ).to_arrow_table()
