"""Run one job: read and check its frames, call it, check and publish what it returns.

A job is a module that declares

``NAME``
    Its stem: the name of the module and of its feature model.
``READS``
    Contract of each frame it reads, by name: feature models; and of its own tables
    ``ml.*``, of which it gets the rows of its last published run before the as-of date
    (no rows when there is none).
``WRITES``
    Contract of each table ``ml.*`` it writes, without ``run_id`` and ``as_of_date``.
``SAVED_READS``
    Where a job can do without fitting: what it reads then, its own tables up to the
    as-of date among them.
``run(frames, *, as_of_date, options, progress)``
    A function from the frames read to the frames to write, under the same names, and of
    nothing else. The frames are its own: what it takes out of the mapping is free when
    it is done with it. It gets a `Task` to count its progress on.

Running again is safe. The run id is a hash of everything the rows depend on, so the
same inputs write the same rows again; and the order of publishing (rows, then the entry
in ``ml.runs``, then the removal of older rows) leaves a state that readers can use and
the next run repairs, wherever a process is killed.
"""

import hashlib
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Protocol, cast

import pandas as pd
from pydantic import BaseModel

from python_jobs.jobs.fingerprints import (
    code_version,
    data_fingerprint,
    options_fingerprint,
)
from python_jobs.jobs.log import reported
from python_jobs.jobs.publishing import STAMPS, JobResult, publish
from python_jobs.platform.errors import RunError
from python_jobs.platform.file_lock import held
from python_jobs.platform.progress import NoProgress, Progress, Task
from python_jobs.platform.settings import Settings
from python_jobs.store import Store
from python_jobs.store.contracts import FrameContract
from python_jobs.store.features import read_features
from python_jobs.store.filters import all_of, equal_to, less_than

Frames = dict[str, pd.DataFrame]


class Job(Protocol):
    """What the module of a job declares."""

    __name__: str

    @property
    def NAME(self) -> str:  # noqa: N802 - a constant of the module
        """Stem of the job."""

    @property
    def READS(self) -> Mapping[str, FrameContract]:  # noqa: N802 - as above
        """Contract of each frame it reads."""

    @property
    def WRITES(self) -> Mapping[str, FrameContract]:  # noqa: N802 - as above
        """Contract of each table it writes."""

    def run(
        self, frames: Frames, *, as_of_date: date, options: Any, progress: Task
    ) -> Frames:
        """Turn the frames read into the frames to write."""


def run_job(
    job: Job,
    *,
    settings: Settings,
    as_of_date: date,
    options: BaseModel | None = None,
    progress: Progress | None = None,
    store: Store | None = None,
    is_from_saved: bool = False,
) -> JobResult:
    """Run a job on what dbt last built and publish its rows.

    Parameters
    ----------
    job
        Module of the job.
    settings
        Target and locations.
    as_of_date
        Newest day that the features know.
    options
        The job's part of the configuration; its values go into the run id.
    progress
        Receiver of progress; None: nobody.
    store
        Iceberg tables; None: those of the settings.
    is_from_saved
        Whether the job gets what it published last, for ``SAVED_READS``, and uses it
        instead of fitting anew.

    Raises
    ------
    InputError
        If a feature model is not built or breaks its contract.
    PlatformError
        If another process runs jobs on this warehouse.
    RunError
        If the job returns frames that break its contract; nothing is published.
    """
    tables = store or Store.open(settings)
    with _exclusive(settings):
        contracts: Mapping[str, FrameContract] = (
            getattr(job, "SAVED_READS") if is_from_saved else job.READS  # noqa: B009
        )
        # a repeated run must read what the first one read: not its own rows, but for
        # a run from saved ones, which leaves what it read
        before = as_of_date + timedelta(days=1) if is_from_saved else as_of_date
        frames = {
            name: _read(job, name, contract, store=tables, before=before)
            for name, contract in contracts.items()
        }
        result = _identified(job, frames, as_of_date=as_of_date, options=options)
        watcher = progress or NoProgress()
        with reported(watcher), watcher.task(job.NAME, unit="steps") as task:
            returned = job.run(
                frames, as_of_date=as_of_date, options=options, progress=task
            )
        frames.clear()
        outputs = _checked(job, returned)
        return publish(outputs, result=result, store=tables)


def _exclusive(settings: Settings) -> AbstractContextManager[None]:
    """Return the warehouse's job lock: who calls this directly has no other."""
    path = settings.warehouse / "jobs.lock"
    message = (
        f"another process runs jobs on this warehouse (it holds {path})"
        " → wait until it has ended"
    )
    return held(path, otherwise=message)


def _read(
    job: Job, name: str, contract: FrameContract, *, store: Store, before: date
) -> pd.DataFrame:
    """Read one declared frame and check it."""
    if name in job.WRITES:
        contract = replace(contract, may_be_empty=True)
        frame = _last_published(job, name, store=store, before=before)
        unread = [each for each in STAMPS if each not in contract.columns]
        frame = frame.drop(columns=unread)
    else:
        columns = tuple(contract.columns)
        frame = read_features(name, columns=columns, settings=store.settings)
    return contract.check(frame, table=name, edge="read")


def _last_published(
    job: Job, table: str, *, store: Store, before: date
) -> pd.DataFrame:
    """Read the rows of the job's newest run with an earlier as-of date."""
    earlier = all_of(equal_to("job", job.NAME), less_than("as_of_date", before))
    runs = store.read("ml.runs", columns=("run_id", "as_of_date"), where=earlier)
    newest = runs.sort_by([("as_of_date", "descending")]).slice(0, 1)
    run_id = newest["run_id"][0].as_py() if newest.num_rows else ""
    rows = store.read(table, where=equal_to("run_id", run_id))
    return cast("pd.DataFrame", rows.to_pandas(date_as_object=False))


def _identified(
    job: Job, frames: Frames, *, as_of_date: date, options: BaseModel | None
) -> JobResult:
    """Name the run after everything its rows depend on."""
    code = code_version(job.__name__)
    data = data_fingerprint(frames)
    parts = (as_of_date.isoformat(), job.NAME, code, data, options_fingerprint(options))
    run_id = hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
    return JobResult(
        job=job.NAME,
        run_id=run_id,
        as_of_date=as_of_date,
        code_version=code,
        data_fingerprint=data,
    )


def _checked(job: Job, returned: Frames) -> dict[str, pd.DataFrame]:
    """Return the job's frames in the order it declares them, each checked."""
    if set(returned) != set(job.WRITES):
        raise RunError(
            f"job {job.NAME} returned {', '.join(sorted(returned)) or 'nothing'};"
            f" expected {', '.join(job.WRITES)} → nothing was published; the job has a"
            " fault"
        )
    return {
        table: contract.check(returned.pop(table), table=table, edge="written")
        for table, contract in job.WRITES.items()
    }
