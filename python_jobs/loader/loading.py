"""What all loads share: surroundings, the lock, and how a rejection is recorded."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Literal

from python_jobs.loader.columns import Statistic
from python_jobs.loader.config import LoaderConfig
from python_jobs.loader.layout import RefusedFileError
from python_jobs.loader.ledger import (
    LoadReport,
    is_recorded,
    known_load,
    load_id_of,
    quarantine_file,
    quarantine_rows,
    record_load,
    settle_killed_loads,
)
from python_jobs.loader.preflight import SourceFile
from python_jobs.loader.reading import Staging
from python_jobs.platform.errors import InputError
from python_jobs.platform.file_lock import held
from python_jobs.platform.progress import Progress
from python_jobs.store import Store


@dataclass(frozen=True)
class Loading:
    """What every step of a load is given.

    Attributes
    ----------
    store, config, progress
        Tables, choices, receiver of progress.
    now
        Clock of the load: UTC without a zone.
    statistic, interval_seconds
        What the user says that the values are; None: deduced.
    """

    store: Store
    config: LoaderConfig
    progress: Progress
    now: datetime
    statistic: Statistic | None = None
    interval_seconds: int | None = None

    @property
    def folder(self) -> Path:
        """Where a load keeps what does not fit into memory."""
        return self.store.settings.warehouse / "loading"


@contextmanager
def load_lock(loading: Loading) -> Iterator[None]:
    """Let one load run at a time in a warehouse: the first of two rows is then sure.

    Raises
    ------
    PlatformError
        If another load is running.
    """
    message = f"{loading.folder}: another load is running → wait until it has ended"
    with held(loading.folder / "lock", otherwise=message):
        # what a killed load has left behind
        for folder in filter(Path.is_dir, loading.folder.iterdir()):
            shutil.rmtree(folder)
        settle_killed_loads(loading.store)
        yield


def load_once(
    source: SourceFile,
    *,
    file_kind: Literal["metrics", "servers"],
    name: str,
    loading: Loading,
    load: Callable[[LoadReport], LoadReport],
) -> LoadReport:
    """Load one file unless the ledger has it; record it when it is refused.

    Parameters
    ----------
    name
        What the file's name adds to its content, see `load_id_of`.
    load
        Loads the rows; it is given the report of a file that nothing is loaded of.
    """
    load_id = load_id_of(source, name=name)
    known = known_load(loading.store, load_id)
    if known is not None and known.status == "loaded":
        loading.progress.note(f"{source.name} was loaded before", load=load_id)
        return replace(known, status="known")
    draft = LoadReport(
        load_id=load_id,
        file_name=source.name,
        file_sha256=source.sha256,
        file_kind=file_kind,
        status="rejected",
    )
    try:
        return load(draft)
    except RefusedFileError as error:
        return _refuse_file(draft, error, loading)


def _refuse_file(
    draft: LoadReport, error: RefusedFileError, loading: Loading
) -> LoadReport:
    """Record a file that is refused before its rows count."""
    if not is_recorded(loading.store, draft):
        quarantine_file(
            loading.store,
            draft,
            rule=error.rule,
            column=error.column,
            value=error.value,
            now=loading.now,
        )
        record_load(loading.store, draft, now=loading.now)
    return replace(draft, reason=str(error))


def refuse_empty(staging: Staging, *, source: SourceFile) -> None:
    """Refuse a file without rows.

    Raises
    ------
    RefusedFileError
        If there is nothing below the header.
    """
    if staging.rows_read == 0:
        raise RefusedFileError(
            f"{source.name}: has no rows below its header → deliver it again",
            rule="no_rows",
            column="",
            value="",
        )


class TooManyRejectedError(InputError):
    """A file with more bad rows than may be left out."""


def refuse_rows(
    draft: LoadReport,
    error: TooManyRejectedError,
    *,
    staging: Staging,
    loading: Loading,
) -> LoadReport:
    """Record the bad rows of a file that has too many of them."""
    report = replace(
        draft, rows_read=staging.rows_read, rows_rejected=staging.rows_read
    )
    if not is_recorded(loading.store, report):
        quarantine_rows(loading.store, staging, report, now=loading.now)
        record_load(loading.store, report, now=loading.now)
    return replace(report, reason=str(error))
