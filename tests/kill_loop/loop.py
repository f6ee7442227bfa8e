"""The loop: kill a command at random moments, repeat it to its end, look, go on.

All that is needed to go on after a stop lies in the folder, in ``progress.json``: the
sums are those of all parts. Moments are random fractions of how long the command took
when it was last left alone, drawn from the seed and the number of the round.
"""

import json
import random
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from kill_loop.checks import Fault, left_faults, row_faults
from kill_loop.deliveries import KEY, MEASURES, Deliveries
from kill_loop.sessions import Attempt, Reader, attempt, polling
from python_jobs.platform.settings import Settings
from python_jobs.store import Store

_KILLED_AGAIN = 0.4
"""Chance that the repeat of a killed command is killed, too."""
_KILLED_ALONE = 0.1
"""Chance that a kill meets the first process alone, as when memory runs out."""
_SHARES = {"load": 0.15, "maintain": 0.15, "jobs": 0.25, "build": 0.8, "run": 0.9}
"""Duration of a command by that of the first run, until it has been measured."""
_DAYS_BACK = 20


@dataclass(frozen=True)
class Plan:
    """What is wanted.

    Attributes
    ----------
    folder
        Of the warehouse, the files and the progress.
    config
        Text of the configuration: the fleet.
    kills
        How many kills of each command.
    seed
        Of everything that is drawn.
    """

    folder: Path
    config: str
    kills: Mapping[str, int]
    seed: int = 1

    @property
    def warehouse(self) -> Path:
        """Folder of the warehouse."""
        return self.folder / "warehouse"

    @property
    def config_path(self) -> Path:
        """The configuration's file."""
        return self.folder / "fleet.yml"

    @property
    def files(self) -> list[Path]:
        """Files that were delivered, in their order."""
        return sorted((self.folder / "files").glob("*.csv"))


@dataclass
class Progress:
    """What was done so far, over all parts.

    Attributes
    ----------
    deliveries
        What was delivered.
    first_day
        First day of the fleet.
    rounds
        Commands that were repeated to their end.
    kills, alone, refused
        By command: kills, those of the first process alone, and attempts that were
        refused while what it had started went on.
    steps
        By command and step: where the kills came.
    seconds
        By command: how long it took when it was last left alone.
    polls, builds
        Polls of the reader, and how many builds it saw.
    faults
        What must not be; the loop ends with the first.
    parts, spent_seconds
        Starts of the loop, and the time of all of them.
    """

    deliveries: Deliveries
    first_day: date
    rounds: int = 0
    kills: Counter[str] = field(default_factory=Counter)
    alone: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    steps: Counter[str] = field(default_factory=Counter)
    seconds: dict[str, float] = field(default_factory=dict)
    polls: int = 0
    builds: int = 0
    faults: list[Fault] = field(default_factory=list)
    parts: int = 0
    spent_seconds: float = 0.0

    def save(self, folder: Path) -> None:
        """Write it down, at once or not at all."""
        draft = folder / "progress.tmp"
        # not asdict(), which breaks a Counter before Python 3.12
        content = vars(self) | {"deliveries": vars(self.deliveries)}
        draft.write_text(json.dumps(content, default=str, indent=2) + "\n")
        draft.replace(folder / "progress.json")


def load_progress(folder: Path) -> Progress | None:
    """Read what was written down; None at the first start."""
    path = folder / "progress.json"
    if not path.exists():
        return None
    content = json.loads(path.read_text())
    told = content.pop("deliveries")
    told["next_day"] = date.fromisoformat(told["next_day"])
    told["late"] = [(server, day) for server, day in told["late"]]
    counters = ("kills", "alone", "refused", "steps")
    return Progress(
        **content
        | {name: Counter(content[name]) for name in counters}
        | {
            "deliveries": Deliveries(**told),
            "first_day": date.fromisoformat(content["first_day"]),
            "faults": [Fault(*each) for each in content["faults"]],
        }
    )


def run_loop(plan: Plan, *, seconds: float = float("inf")) -> Progress:
    """Kill until all is done, a fault is found or the time is over; return the sums."""
    progress = load_progress(plan.folder) or _first_run(plan)
    progress.parts += 1
    began, before = time.monotonic(), progress.spent_seconds
    with polling(plan.warehouse / "capacity.duckdb") as reader:
        while not progress.faults:
            left = _left(plan, progress)
            if not left or time.monotonic() - began > seconds:
                break
            draw = random.Random(f"{plan.seed}/{progress.rounds}")  # noqa: S311 - no secret
            command = draw.choices(list(left), list(left.values()))[0]
            _round(plan, progress, command, draw=draw)
            _look(plan, progress, reader)
            progress.rounds += 1
            progress.spent_seconds = before + time.monotonic() - began
            progress.save(plan.folder)
    return progress


def _left(plan: Plan, progress: Progress) -> dict[str, int]:
    """Return the kills that are still to be done, by command."""
    left = {name: count - progress.kills[name] for name, count in plan.kills.items()}
    return {name: count for name, count in left.items() if count > 0}


def _first_run(plan: Plan) -> Progress:
    """Make the fleet, its features, forecasts and marts; nobody is killed yet."""
    plan.warehouse.mkdir(parents=True, exist_ok=True)
    (plan.folder / "files").mkdir(exist_ok=True)
    plan.config_path.write_text(plan.config)
    first = _attempt(plan, ["run"])
    if first.exit_code != 0:
        raise RuntimeError(f"the first run ended with {first.exit_code}: {first.said}")
    rows = base_rows(plan)
    days = rows["timestamp"].dt.date
    progress = Progress(
        Deliveries(sorted(rows["server_id"].unique()), max(days) + timedelta(days=1)),
        first_day=min(days),
        seconds={name: first.seconds * share for name, share in _SHARES.items()},
    )
    progress.save(plan.folder)
    return progress


def base_rows(plan: Plan) -> pd.DataFrame:
    """Return the rows of the fleet as they were generated, before any kill."""
    path = plan.folder / "generated.parquet"
    if not path.exists():
        store = Store.open(Settings(warehouse=plan.warehouse))
        rows = store.read("raw.server_metrics", columns=(*KEY, *MEASURES))
        rows.to_pandas().to_parquet(path)
    return pd.read_parquet(path)


def arguments_of(
    plan: Plan, progress: Progress, command: str, draw: random.Random
) -> list[str]:
    """Return what a command is called with in this round."""
    if command == "load":
        return ["load", str(progress.deliveries.write(plan.folder / "files", draw))]
    if command == "maintain":
        return ["maintain", "--keep-days", "1", "--keep-last", "1", "--keep-runs", "3"]
    if command == "jobs":
        return ["jobs"]
    back = draw.randrange(1, _DAYS_BACK)
    day = max(progress.first_day, progress.deliveries.next_day - timedelta(days=back))
    return [command, "--as-of", day.isoformat()]


def _round(
    plan: Plan, progress: Progress, command: str, *, draw: random.Random
) -> None:
    """Kill a command at random moments, again and again, then leave it alone."""
    arguments = arguments_of(plan, progress, command, draw)
    for _ in _times(plan, progress, command, draw):
        after = draw.random() * progress.seconds[command]
        is_alone = draw.random() < _KILLED_ALONE
        again: list[Attempt] = []

        def repeat(again: list[Attempt] = again) -> None:
            again.append(_attempt(plan, arguments))

        killed = _attempt(
            plan, arguments, kill_after=after, meanwhile=repeat if is_alone else None
        )
        if not killed.is_killed:
            # it was quicker than before
            _judge(progress, command, killed)
            return
        progress.kills[command] += 1
        progress.steps[f"{command}: {killed.step or 'before its first step'}"] += 1
        progress.alone[command] += is_alone
        if killed.left:
            progress.faults.append(Fault("stale", f"{command}: {killed.left} go on"))
        for each in again:
            _judge_meanwhile(progress, command, each)
    _judge(progress, command, _attempt(plan, arguments))


def _times(
    plan: Plan, progress: Progress, command: str, draw: random.Random
) -> Iterator[None]:
    """Yield for each kill of a round: one, and as many more as chance will have."""
    yield
    while progress.kills[command] < plan.kills[command]:
        if progress.faults or draw.random() >= _KILLED_AGAIN:
            return
        yield


def _attempt(plan: Plan, arguments: Sequence[str], **options: Any) -> Attempt:
    """Run a command of the loop once, and note how it went."""
    done = attempt(
        [*arguments, "--config", str(plan.config_path)],
        warehouse=plan.warehouse,
        log=plan.folder / "attempt.log",
        **options,
    )
    told = [datetime.now(UTC).isoformat(timespec="seconds"), *arguments[:3]]
    told += [str(done.exit_code), f"{done.seconds:.1f}", done.step]
    with (plan.folder / "attempts.log").open("a") as log:
        log.write("\t".join(told) + "\n")
    return done


def _judge(progress: Progress, command: str, done: Attempt) -> None:
    """Expect that a command ends well when it is left alone, whatever was killed."""
    if done.exit_code == 0:
        progress.seconds[command] = done.seconds
        return
    kind = "stale" if "writes to" in done.said else "failed"
    text = f"{command} ended with {done.exit_code}: {done.said}"
    progress.faults.append(Fault(kind, text))


def _judge_meanwhile(progress: Progress, command: str, done: Attempt) -> None:
    """Expect that the next is refused while what a killed one started goes on."""
    is_told = done.exit_code == 4 and "was killed, still writes to" in done.said
    progress.refused[command] += is_told
    if not is_told and done.exit_code != 0:
        text = f"{command} beside a child of a killed one ended with {done.exit_code}"
        progress.faults.append(Fault("failed", f"{text}: {done.said}"))


def _look(plan: Plan, progress: Progress, reader: Reader) -> None:
    """Look at the tables, the folder, and what the reader saw meanwhile."""
    seen = reader.take()
    progress.polls += seen["polls"]
    progress.builds += len(seen["builds"])
    for text in seen["faults"]:
        kind = "refused" if text.startswith("a reader is refused") else "mixed"
        progress.faults.append(Fault(kind, text))
    progress.faults += row_faults(plan.warehouse, base_rows(plan), plan.files)
    progress.faults += left_faults(plan.warehouse)
