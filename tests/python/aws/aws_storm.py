"""Loads and published runs while S3 and Glue fail at random; what is there then."""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pandas as pd
from athena_local.aws_server import AwsServer
from athena_local.faults import Faults, RandomFaults
from aws_account import BUCKET, VARIABLES, aws
from botocore.retries.standard import ExponentialBackoff

from python_jobs.jobs.publishing import JobResult, publish
from python_jobs.loader.config import LoaderConfig
from python_jobs.loader.metrics import load_metrics
from python_jobs.platform.aws_errors import explained
from python_jobs.platform.errors import CapacityError
from python_jobs.platform.progress import NoProgress
from python_jobs.platform.settings import Settings
from python_jobs.platform.write_lock import write_lock
from python_jobs.store import TABLES, Store

NOW = datetime(2026, 1, 31, 12)
AS_OF = date(2026, 1, 30)
HEADER = "server_id,timestamp,cpu_p95,mem_p95\n"
FILES = {
    "first.csv": """\
A,2026-01-01,10,20
A,2026-01-02,11,21
A,2026-01-04,12,
B,2026-01-01,500,1
""",
    "second.csv": """\
A,2026-01-02,99,99
A,2026-01-03,13,22
A,2026-01-04,,23
B,2026-01-02,14,24
B,2026-02-05,15,25
""",
}
"""Files with good, bad, repeated and completing rows."""

COMPARED = (
    "raw.server_metrics",
    "raw.loads",
    "raw.rejected_rows",
    "ml.server_clusters",
)
Rows = dict[str, list[str]]


@dataclass
class Weather:
    """How often which request fails."""

    seed: int
    unavailable_ratio: float = 0.0
    lost_ratio: float = 0.0

    def faults(self) -> RandomFaults:
        """Return the faults, from the first request on."""
        return RandomFaults(
            self.seed,
            unavailable_ratio=self.unavailable_ratio,
            lost_ratio=self.lost_ratio,
        )


@dataclass
class Outcome:
    """What a round left, and what it took.

    Attributes
    ----------
    rows
        Rows by table, sorted texts.
    errors
        What the failed attempts said.
    unexplained
        Exceptions that no command would have a message for.
    request_count
        Requests of S3 and Glue.
    faults
        How many failed, by error.
    """

    rows: Rows = field(default_factory=dict)
    errors: list[CapacityError] = field(default_factory=list)
    unexplained: list[BaseException] = field(default_factory=list)
    request_count: int = 0
    faults: Counter[str] = field(default_factory=Counter)


@dataclass
class Account:
    """An AWS account behind real HTTP, whose requests may fail."""

    server: AwsServer
    folder: Path
    _count: int = 0

    def settings(self) -> Settings:
        """Return a place of its own in the account."""
        self._count += 1
        return Settings(
            target="athena",
            warehouse=self.folder / str(self._count),
            schema_prefix=f"storm{self._count}",
            s3_warehouse=f"s3://{BUCKET}/{self._count}/",
            endpoint_url=self.server.url,
        )

    def round(self, weather: Weather, *, attempts: int = 12) -> Outcome:
        """Do every step, again where it failed, in the end in fair weather."""
        settings, faults, outcome = self.settings(), weather.faults(), Outcome()
        settings.warehouse.mkdir(parents=True)
        for step in steps(settings):
            self.server.faults = faults
            is_done = any(succeeds(step, outcome) for _ in range(attempts))
            self.server.faults = Faults()
            if not is_done:
                step()
        outcome.rows = rows_of(Store.open(settings))
        outcome.request_count = faults.requests.total()
        for (_, _, error), count in faults.counts.items():
            outcome.faults[error] += count
        return outcome


def steps(settings: Settings) -> Sequence[Callable[[], object]]:
    """Return what is done, command by command."""
    paths = []
    for name, content in FILES.items():
        paths.append(settings.warehouse / name)
        paths[-1].write_text(HEADER + content, encoding="utf-8")

    def initialise() -> None:
        with write_lock(settings, "init"):
            Store.open(settings).init()

    def load(path: Path) -> None:
        with write_lock(settings, "load"):
            load_metrics(
                [path],
                store=Store.open(settings),
                config=LoaderConfig(max_rejected_ratio=1, statistic="daily_p95"),
                progress=NoProgress(),
                now=NOW,
            )

    return [
        initialise,
        *(lambda path=path: load(path) for path in paths),
        *(lambda run=run: published(settings, run) for run in ("one", "two")),
    ]


def published(settings: Settings, run_id: str) -> None:
    """Publish a run of a job in place of the one before."""
    clusters = pd.DataFrame(
        {name: [None, None] for name in TABLES["ml.server_clusters"].column_names}
    ).drop(columns=["run_id", "as_of_date"])
    clusters = clusters.assign(server_id=["A", "B"])
    result = JobResult(
        job="server_clusters",
        run_id=run_id,
        as_of_date=AS_OF,
        code_version="1",
        data_fingerprint=run_id,
    )
    with write_lock(settings, "jobs"):
        publish(
            {"ml.server_clusters": clusters}, result=result, store=Store.open(settings)
        )


def succeeds(step: Callable[[], object], outcome: Outcome) -> bool:
    """Do a step; keep the message that a command would end with."""
    try:
        step()
    except CapacityError as error:
        outcome.errors.append(error)
    except Exception as error:  # noqa: BLE001 - what a command would meet
        message = explained(error)
        if message is None:
            outcome.unexplained.append(error)
        else:
            outcome.errors.append(message)
    else:
        return True
    return False


def rows_of(store: Store) -> Rows:
    """Return what the tables hold; of the runs without the time they were published."""
    rows = {name: sorted(map(repr, store.read(name).to_pylist())) for name in COMPARED}
    runs = store.read("ml.runs").drop_columns(["published_at"])
    return rows | {"ml.runs": sorted(map(repr, runs.to_pylist()))}


@contextmanager
def account(folder: Path) -> Iterator[Account]:
    """Serve an account with a bucket to this process, until the end of the block."""
    variables: dict[str, Any] = {**VARIABLES, "NO_PROXY": "127.0.0.1"}
    # boto3 waits up to 20 s between attempts; how long changes nothing here
    brief = patch.object(ExponentialBackoff, "delay_amount", lambda *_: 0.01)
    server = AwsServer(Faults())
    server.start()
    try:
        with patch.dict(os.environ, variables), brief:
            aws("s3", server.url).create_bucket(Bucket=BUCKET)
            yield Account(server, folder)
    finally:
        server.stop()
