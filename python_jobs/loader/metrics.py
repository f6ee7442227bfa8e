"""Loads metric files: pre-flight of all, then each by itself, safe to repeat.

The order of writes is quarantine, ledger (``loading``), raw rows in one commit, ledger
(``loaded``). A load whose rows were not committed did not happen, and running it again
does it all; a load that was killed after that commit is closed by the next one.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from python_jobs.loader.chunks import Chunk, planned_chunks
from python_jobs.loader.columns import Statistic
from python_jobs.loader.config import LoaderConfig
from python_jobs.loader.duplicates import reject_repeated_rows, reject_stored_rows
from python_jobs.loader.fields import Field
from python_jobs.loader.known_statistics import reject_other_statistic
from python_jobs.loader.layout import (
    Layout,
    RefusedFileError,
    metrics_layout,
    series_name,
)
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
from python_jobs.loader.local_days import refuse_local_days
from python_jobs.loader.merging import merge_chunks
from python_jobs.loader.metric_fields import metric_fields
from python_jobs.loader.preflight import SourceFile, inspect_file
from python_jobs.loader.reading import Staging, opened_staging
from python_jobs.loader.reasons import refuse_bad_share
from python_jobs.loader.spacing import Sampling, deduced_sampling
from python_jobs.platform.progress import Progress
from python_jobs.store import Store


def load_metrics(
    paths: Sequence[Path],
    *,
    store: Store,
    config: LoaderConfig,
    progress: Progress,
    now: datetime,
    statistic: Statistic | None = None,
    interval_seconds: int | None = None,
) -> list[LoadReport]:
    """Load metric files into ``raw.server_metrics``; one report each, in their order.

    Parameters
    ----------
    paths
        CSV, CSV.gz or Parquet files; wide, long, or one series named by its file.
    store
        Tables to write; they exist.
    now
        Clock of the load: UTC without a zone.
    statistic, interval_seconds
        What the values are; None: as the configuration says, else as deduced.

    Raises
    ------
    InputError
        If a file cannot be understood at all; then no file is loaded.
    """
    loading = Loading(
        store=store,
        config=config,
        progress=progress,
        now=now,
        statistic=statistic or config.statistic,
        interval_seconds=interval_seconds or config.interval_seconds,
    )
    sources = _checked_files(paths, loading)
    with load_lock(loading):
        return [_load_file(source, layout, loading) for source, layout in sources]


def _checked_files(
    paths: Sequence[Path], loading: Loading
) -> list[tuple[SourceFile, Layout | RefusedFileError]]:
    """Check all files and recognise their columns; nothing is written yet."""
    checked: list[tuple[SourceFile, Layout | RefusedFileError]] = []
    count = len(paths)
    with loading.progress.task("check files", total=count, unit="files") as task:
        for path in paths:
            source = inspect_file(path, config=loading.config)
            try:
                layout = metrics_layout(source, config=loading.config)
            except RefusedFileError as error:
                checked.append((source, error))
            else:
                checked.append((source, layout))
            task.advance(detail=source.name)
    return checked


def _load_file(
    source: SourceFile, layout: Layout | RefusedFileError, loading: Loading
) -> LoadReport:
    def load(draft: LoadReport) -> LoadReport:
        if isinstance(layout, RefusedFileError):
            raise layout
        return _load_rows(source, layout, draft, loading)

    name = series_name(source, config=loading.config)
    return load_once(source, file_kind="metrics", name=name, loading=loading, load=load)


def _load_rows(
    source: SourceFile, layout: Layout, draft: LoadReport, loading: Loading
) -> LoadReport:
    """Read, check and write the rows of a file."""
    fields = metric_fields(layout, config=loading.config, now=loading.now)
    with opened_staging(
        source,
        fields=fields,
        folder=loading.folder,
        config=loading.config,
    ) as staging:
        refuse_empty(staging, source=source)
        chunks = planned_chunks(staging, chunk_rows=loading.config.chunk_rows)
        try:
            sampling = _check_rows(
                staging, chunks, source=source, fields=fields, loading=loading
            )
        except TooManyRejectedError as error:
            return refuse_rows(draft, error, staging=staging, loading=loading)
        if sampling.statistic == "daily_p95":
            refuse_local_days(staging, source=source, layout=layout)
        reject_stored_rows(staging, chunks, store=loading.store, load_id=draft.load_id)
        report = _report(draft, staging, sampling)
        return _written(report, staging, chunks, loading)


def _check_rows(
    staging: Staging,
    chunks: Sequence[Chunk],
    *,
    source: SourceFile,
    fields: Sequence[Field],
    loading: Loading,
) -> Sampling:
    """Reject what only several rows together show; return what the samples are."""
    reject_repeated_rows(staging, chunks)
    refuse_bad_share(staging, source=source, fields=fields, config=loading.config)
    sampling = deduced_sampling(
        staging,
        file_name=source.name,
        statistic=loading.statistic,
        interval_seconds=loading.interval_seconds,
    )
    reject_other_statistic(
        staging,
        store=loading.store,
        statistic=sampling.statistic,
        read_rows=loading.config.chunk_rows,
    )
    refuse_bad_share(staging, source=source, fields=fields, config=loading.config)
    return sampling


def _report(draft: LoadReport, staging: Staging, sampling: Sampling) -> LoadReport:
    row = staging.first_row(
        "select count(*), cast(min(timestamp) as date), cast(max(timestamp) as date)"
        " from typed"
    )
    accepted, first_date, last_date = row or (0, None, None)
    return replace(
        draft,
        status="loaded",
        statistic=sampling.statistic,
        interval_seconds=sampling.interval_seconds,
        rows_read=staging.rows_read,
        rows_accepted=accepted,
        rows_rejected=staging.rows_read - accepted,
        first_date=first_date,
        last_date=last_date,
    )


def _written(
    report: LoadReport, staging: Staging, chunks: Sequence[Chunk], loading: Loading
) -> LoadReport:
    """Write quarantine, rows and ledger; the ledger announces the rows before."""
    store, now = loading.store, loading.now
    quarantine_rows(store, staging, report, now=now)
    record_load(store, replace(report, status="loading"), now=now)
    with loading.progress.task(
        f"load {report.file_name}", total=sum(chunk.row_count for chunk in chunks)
    ) as task:
        merge_chunks(store, staging, chunks, load_id=report.load_id, now=now, task=task)
    record_load(store, report, now=now)
    return report
