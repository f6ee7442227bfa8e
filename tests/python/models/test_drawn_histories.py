"""Any history of deliveries, builds and kills ends in the marts of a full refresh.

A history is drawn from a seed: days and late days, rows that contradict stored ones or
lack values, inventories, as-of dates back and forth, jobs, upkeep, killed builds and
killed loads, by the commands' own functions. Then the build that merges days is held
against one from the same raw rows that merges none. `-m long` draws thirty of them.
"""

import io
import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from pathlib import Path

import pytest
from marts import Frames, assert_equal, read_layer
from parsed_project import give_parse
from rich.console import Console

from python_jobs.cli.build_file import building
from python_jobs.cli.dbt import Dbt
from python_jobs.cli.pipeline import (
    JOBS,
    build_rest,
    plan_build,
    publish_jobs,
)
from python_jobs.cli.session import Session
from python_jobs.cli.state import built_date
from python_jobs.cli.tidying import shown_moments
from python_jobs.loader.config import LoaderConfig
from python_jobs.loader.metrics import load_metrics
from python_jobs.loader.servers import load_servers
from python_jobs.maintenance.snapshots import Retention
from python_jobs.maintenance.upkeep import Plan, opened_upkeep
from python_jobs.platform.errors import RunError
from python_jobs.platform.progress import NoProgress, Task
from python_jobs.platform.settings import Settings

KILLED_LOAD = Path(__file__).parents[1] / "loader" / "killed_load.py"
CONFIG = "jobs:\n  candidates: [level_calendar]\n"
LAYERS = ("intermediate", "features", "marts")
SERVERS = ("A", "B", "C")
FIRST_DAY = date(2024, 11, 1)
BASE_DAYS = 130
MEASURES = ("cpu_p95", "mem_p95", "disk_p95", "net_in_p95", "net_out_p95")
HEADER = ("server_id", "timestamp", *MEASURES)
INVENTORY = "server_id,valid_from,region,vcpu_count,memory_gib,disk_gib,network_mbps"
ACTIONS = {
    "new_days": 3,
    "late_day": 3,
    "conflicting_row": 2,
    "lacking_value": 2,
    "inventory": 1,
    "as_of_back": 2,
    "jobs": 1,
    "maintain": 1,
    "killed_build": 1,
    "killed_load": 1,
}
"""What may happen, and how often compared with the others."""
QUICK = (4, 6, 23)
"""Seeds of histories with few builds, in which all of it happens."""


class UntestedDbt(Dbt):
    """The project without its data tests: what they hold is not asked here."""

    def build(
        self,
        name: str,
        *,
        select: Sequence[str] = (),
        exclude: Sequence[str] = (),
        variables: Mapping[str, str] | None = None,
    ) -> None:
        """Build seeds and models."""
        arguments = ["build", "--resource-type", "seed", "--resource-type", "model"]
        arguments += ["--select", *select] if select else []
        arguments += ["--exclude", *exclude] if exclude else []
        self.invoke(name, arguments, variables)


@dataclass(frozen=True)
class OneDbtSession(Session):
    """A session whose builds share one dbt, imported and parsed once."""

    shared: UntestedDbt | None = None

    @cached_property
    def dbt(self) -> Dbt:
        """The dbt of all builds."""
        assert self.shared is not None
        return self.shared


class KillingProgress(NoProgress):
    """Calls a function when so many nodes of dbt have ended."""

    def __init__(self) -> None:
        self.left = 0
        self.kill: Callable[[], None] = lambda: None

    @contextmanager
    def task(
        self, name: str, *, total: int | None = None, unit: str = "rows"
    ) -> Iterator[Task]:
        """Count the nodes of every step."""
        with super().task(name, total=total, unit=unit) as task:
            yield self if unit == "nodes" else task

    def advance(self, count: int = 1, *, detail: str = "") -> None:
        """Count one node."""
        del count, detail
        self.left -= 1
        if self.left == 0:
            self.kill()

    def set_total(self, total: int) -> None:
        """Forget the total."""


@dataclass
class Bench:
    """A warehouse that every history begins with, and one dbt for all of them."""

    folder: Path
    stack: ExitStack
    progress: KillingProgress = field(default_factory=KillingProgress)

    def __post_init__(self) -> None:
        """Deliver the first months, build and forecast; keep a copy."""
        (self.folder / "config.yml").write_text(CONFIG)
        self.open_dbt()
        history = History(self, seed=-1)
        history.deliver(list(range(BASE_DAYS)))
        history.inventory()
        history.build()
        history.jobs()
        self.days = dict(history.days)
        shutil.copytree(self.warehouse, self.folder / "base")

    @property
    def warehouse(self) -> Path:
        """Folder of the warehouse: always the same, for its tables know it."""
        return self.folder / "warehouse"

    def open_dbt(self) -> None:
        """Start dbt, or start it again after it was killed."""
        self.stack.close()
        settings = Settings(warehouse=self.warehouse, is_building=True)
        self.dbt = UntestedDbt(settings, self.progress, self.folder / "dbt")
        give_parse(settings.database, self.dbt.target_path)
        process = self.stack.enter_context(self.dbt.ready())
        # it leads a group of its own
        pid = process._process.pid
        self.progress.kill = lambda: os.killpg(pid, signal.SIGKILL)

    def reset(self) -> None:
        """Begin again with the first months."""
        shutil.rmtree(self.warehouse)
        shutil.copytree(self.folder / "base", self.warehouse)

    def session(self, as_of_date: date | None = None) -> OneDbtSession:
        """Return what a command is given."""
        return OneDbtSession(
            settings=Settings(warehouse=self.warehouse),
            config_path=self.folder / "config.yml",
            as_of_date=as_of_date,
            progress=self.progress,
            console=Console(file=io.StringIO()),
            shared=self.dbt,
        )


class History:
    """What happens to a warehouse, drawn from a seed."""

    def __init__(self, bench: Bench, *, seed: int) -> None:
        self.bench = bench
        self.draw = random.Random(seed)  # noqa: S311 - no secret
        self.days: dict[tuple[str, int], bool] = {}
        self.files = 0
        self.merged_from: date | None = None

    def write(self, rows: Sequence[Sequence[object]], header: str) -> Path:
        """Write the next file."""
        self.files += 1
        path = self.bench.folder / f"file_{self.draw.random()}_{self.files}.csv"
        lines = [header, *(",".join(str(cell) for cell in row) for row in rows)]
        path.write_text("\n".join(lines) + "\n")
        return path

    def row(self, server: str, number: int, *, lacks: str = "") -> list[object]:
        """Return a restless row: a weekly wave, noise and a few spikes."""
        day = FIRST_DAY + timedelta(days=number)
        level = 30 + 10 * SERVERS.index(server) + 8 * (day.weekday() < 5) + number / 20
        level += 25 if self.draw.random() < 0.03 else 0
        values = [round(level + self.draw.gauss(0, 2), 2) for _ in MEASURES]
        cells = [
            "" if name == lacks else v for name, v in zip(MEASURES, values, strict=True)
        ]
        return [server, day.isoformat(), *cells]

    def load(self, path: Path) -> None:
        """Load a file as the command does."""
        session = self.bench.session()
        with session.writing("load"):
            session.store.init()
            (report,) = load_metrics(
                [path],
                store=session.store,
                config=LoaderConfig(),
                progress=NoProgress(),
                now=datetime(2026, 1, 31, 12),
            )
        assert report.status in ("loaded", "known"), report

    def deliver(self, numbers: list[int]) -> None:
        """Load days of all servers, but for some that will be late."""
        rows = []
        for server in SERVERS:
            for number in numbers:
                self.days[server, number] = self.draw.random() >= 0.05
                if self.days[server, number]:
                    rows.append(self.row(server, number))
        self.load(self.write(rows, ",".join(HEADER)))

    def end(self) -> int:
        """Return the number of the first day that is in no file yet."""
        return max(number for _, number in self.days) + 1

    def some_day(self, *, is_there: bool) -> tuple[str, int]:
        """Return a server and a day of the last weeks, stored or late."""
        end = self.end()
        days = [key for key, there in self.days.items() if there == is_there]
        recent = [key for key in days if key[1] > end - 40] or days
        return self.draw.choice(sorted(recent))

    def new_days(self) -> None:
        """Load up to a week."""
        end = self.end()
        self.deliver(list(range(end, end + self.draw.randint(1, 7))))

    def late_day(self, lacks: str = "") -> None:
        """Load a day that an earlier file left out."""
        if all(self.days.values()):
            return
        key = self.some_day(is_there=False)
        self.days[key] = True
        self.load(self.write([self.row(*key, lacks=lacks)], ",".join(HEADER)))

    def conflicting_row(self) -> None:
        """Load a stored day again with other values: the first ones stay."""
        key = self.some_day(is_there=True)
        self.load(self.write([self.row(*key)], ",".join(HEADER)))

    def lacking_value(self) -> None:
        """Load a late day without one of its values."""
        self.late_day(lacks=self.draw.choice(MEASURES))

    def inventory(self) -> None:
        """Load servers of other sizes or in another region, from some day on."""
        rows = []
        for server in self.draw.sample(SERVERS, 2):
            valid_from = FIRST_DAY + timedelta(days=self.draw.randrange(BASE_DAYS))
            region = self.draw.choice(["us-east-1", "eu-west-2"])
            cpus = self.draw.choice([2, 4, 8])
            rows.append([server, valid_from, region, cpus, cpus * 4, 100, 1000])
        session = self.bench.session()
        with session.writing("load"):
            report = load_servers(
                self.write(rows, INVENTORY),
                store=session.store,
                config=LoaderConfig(),
                progress=NoProgress(),
                now=datetime(2026, 1, 31, 12),
            )
        assert report.status == "loaded", report

    def build(self, as_of_date: date | None = None) -> None:
        """Build as the command does, by a merge where it trusts one."""
        session = self.bench.session(as_of_date)
        with session.writing("build"), building(session) as work:
            plan = plan_build(work)
            build_rest(work, plan, has_features=False)
        self.merged_from = plan.reprocess_from

    def as_of_back(self) -> None:
        """Build as of one of the last days; the next build looks from the newest."""
        back = self.draw.randint(1, 20)
        self.build(FIRST_DAY + timedelta(days=self.end() - 1 - back))

    def jobs(self) -> None:
        """Publish what the jobs say to what is built."""
        session = self.bench.session()
        as_of_date = built_date(session.settings)
        assert as_of_date is not None
        with session.writing("jobs"):
            publish_jobs(
                JOBS,
                settings=session.settings,
                as_of_date=as_of_date,
                options=session.config.jobs,
                is_from_saved=False,
                progress=session.progress,
            )

    def maintain(self) -> None:
        """Compact, expire all snapshots that nothing shows, remove old runs."""
        session = self.bench.session()
        shown = shown_moments(session.settings) or ()
        plan = Plan(Retention(keep_days=0, keep_last=1, shown_ms=shown), keep_runs=1)
        with (
            session.writing("maintain"),
            opened_upkeep(session.store, plan, NoProgress()) as upkeep,
        ):
            upkeep.run()

    def killed_build(self) -> None:
        """Kill dbt somewhere in a build: what is green stays, the rest is left."""
        progress = self.bench.progress
        progress.left = self.draw.randint(1, 90)
        try:
            self.build(FIRST_DAY + timedelta(days=self.end() - self.draw.randint(1, 9)))
        except RunError:
            self.bench.open_dbt()
        finally:
            progress.left = 0

    def killed_load(self) -> None:
        """Kill a load before, in or behind its commit, then load the file again."""
        end = self.end()
        rows = [self.row(server, end) for server in SERVERS]
        self.days |= {(server, end): True for server in SERVERS}
        path = self.write(rows, ",".join(HEADER))
        command = [sys.executable, str(KILLED_LOAD), str(self.bench.warehouse)]
        subprocess.run([*command, str(path), str(self.draw.randrange(3))], check=False)
        self.load(path)


def drawn_steps(seed: int) -> list[str]:
    """Return what happens in a history, with a build behind some of it."""
    draw = random.Random(f"steps of {seed}")  # noqa: S311 - no secret
    steps = []
    for kind in draw.choices(list(ACTIONS), list(ACTIONS.values()), k=6):
        steps.append(kind)
        if kind != "as_of_back" and draw.random() < 0.3:
            steps.append("build")
    return [*steps, "new_days"]


def layers(warehouse: Path) -> dict[str, Frames]:
    """Return every table that dbt built."""
    return {layer: read_layer(warehouse, layer) for layer in LAYERS}


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """Return the warehouse of the first months."""
    with ExitStack() as stack:
        yield Bench(tmp_path_factory.mktemp("histories"), stack)


def merged_equals_whole(bench: Bench, seed: int) -> bool:
    """Draw a history, and hold its last build against a full refresh.

    Returns whether that build merged days.
    """
    bench.reset()
    history = History(bench, seed=seed)
    history.days = dict(bench.days)
    for step in drawn_steps(seed):
        getattr(history, step)()
    history.build()
    is_merged = history.merged_from is not None
    incremental = layers(bench.warehouse)
    (bench.warehouse / "capacity.duckdb").unlink()
    history.build()
    assert history.merged_from is None
    whole = layers(bench.warehouse)
    for layer, frames in incremental.items():
        try:
            assert_equal(frames, whole[layer])
        except AssertionError as error:
            pytest.fail(f"after {drawn_steps(seed)}: {error}")
    return is_merged


@pytest.mark.slow
def test_three_histories_end_in_a_full_refresh(bench: Bench) -> None:
    """Every table of every layer, and at least one of the last builds was a merge."""
    assert {step for seed in QUICK for step in drawn_steps(seed)} == {*ACTIONS, "build"}
    is_merged = [merged_equals_whole(bench, seed) for seed in QUICK]
    assert any(is_merged)


@pytest.mark.long
def test_thirty_histories_end_in_a_full_refresh(
    bench: Bench, record_figure: Callable[[str, str], None]
) -> None:
    """Thirty of them, in which everything has happened."""
    steps = [step for seed in range(30) for step in drawn_steps(seed)]
    assert set(steps) == {*ACTIONS, "build"}
    merged = sum(merged_equals_whole(bench, seed) for seed in range(30))
    assert merged >= 10
    record_figure(
        "sequences",
        f"30 sequences of {len(steps)} steps, all equal; {merged} of the last builds"
        " merged days",
    )
