"""What is printed of the trials, and kept of them."""

import csv
import json
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from mutants.outcome import Mutant, Trial

LEAST_KILLED = 0.90
"""Of the mutants that some data could tell from the model."""

MOST_EQUIVALENT = 0.05
"""Of all: a list of excuses must stay short."""

PROMISE = (
    "At least 90 % of small faults written into the models' SQL are noticed by a test"
    " (comparisons, joins, constants, filters, windows, nulls, branches)"
)
LIST = Path(__file__).parent / "equivalents.csv"
"""Mutants that no data can tell from their model."""

_COLUMNS = "{:<34} {:>6} {:>5} {:>6} {:>5} {:>5} {:>6} {:>6}"


def read_equivalents() -> dict[str, str]:
    """Return the reason of each mutant that no data can tell from its model."""
    with LIST.open(encoding="utf-8", newline="") as file:
        return {row["mutant"]: row["reason"] for row in csv.DictReader(file)}


def say(line: str) -> None:
    """Print a line at once: whoever waits sees how far it is."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


class Report:
    """A table that grows with each model, and the sums below it."""

    def __init__(self, equivalents: dict[str, str]) -> None:
        self._equivalents = equivalents
        self._trials: list[Trial] = []
        self._count = 0

    def begin(self, count: int) -> None:
        """Print the head."""
        self._count = count
        heads = ("places", "tried", "unit", "py", "data", "alive", "killed")
        say(_COLUMNS.format("model", *heads))

    def add(self, trial: Trial) -> None:
        """Print a model's line, and each mutant of it that lives."""
        self._trials.append(trial)
        line = self._line(trial.model, trial.place_count, trial.mutants)
        say(f"{line}   {len(self._trials)}/{self._count}")
        for mutant in self._alive(trial.mutants):
            say(f"    {mutant.key} {mutant.operator:<10} {mutant.change}"[:300])

    def end(self) -> None:
        """Print the sums, and what of the list is not so."""
        places = sum(trial.place_count for trial in self._trials)
        say(self._line("all", places, self._mutants))
        say(
            f"killed: {self.killed_share:.1%} of {self._counted} that are not"
            f" equivalent; equivalent: {self.equivalent_share:.1%} of"
            f" {len(self._mutants)}"
        )
        for mutant in self._refuted:
            say(f"equivalents.csv: {mutant.key} is killed by {mutant.test}")

    def write(self, path: Path, command: str) -> None:
        """Keep the figures for docs/reliability.md."""
        path.parent.mkdir(parents=True, exist_ok=True)
        commit = subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"],  # noqa: S607
            capture_output=True,
            text=True,
            check=False,
        ).stdout.strip()
        content = {
            "promise": PROMISE,
            "figure": f"{self.killed_share:.1%} of {self._counted} mutants killed;"
            f" {self.equivalent_share:.1%} equivalent",
            "command": command,
            "date": datetime.now(UTC).date().isoformat(),
            "commit": commit,
            "models": {trial.model: self._figures(trial) for trial in self._trials},
        }
        path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")

    def is_good(self, *, is_whole: bool) -> bool:
        """Whether the promise holds, and so does the list: its length only of all."""
        is_short = self.equivalent_share <= MOST_EQUIVALENT or not is_whole
        return self.killed_share >= LEAST_KILLED and is_short and not self._refuted

    @property
    def killed_share(self) -> float:
        """Killed mutants, of those that are not equivalent."""
        killed = sum(mutant.killer is not None for mutant in self._mutants)
        return killed / max(self._counted, 1)

    @property
    def equivalent_share(self) -> float:
        """Equivalent mutants, of all."""
        return 1 - self._counted / max(len(self._mutants), 1)

    @property
    def _mutants(self) -> tuple[Mutant, ...]:
        return tuple(mutant for trial in self._trials for mutant in trial.mutants)

    @property
    def _counted(self) -> int:
        return sum(not self._is_equivalent(mutant) for mutant in self._mutants)

    @property
    def _refuted(self) -> list[Mutant]:
        return [
            mutant
            for mutant in self._mutants
            if mutant.killer is not None and mutant.key in self._equivalents
        ]

    def _is_equivalent(self, mutant: Mutant) -> bool:
        return mutant.killer is None and mutant.key in self._equivalents

    def _alive(self, mutants: tuple[Mutant, ...]) -> list[Mutant]:
        return [
            mutant
            for mutant in mutants
            if mutant.killer is None and mutant.key not in self._equivalents
        ]

    def _line(self, name: str, places: int, mutants: tuple[Mutant, ...]) -> str:
        by = Counter(mutant.killer for mutant in mutants)
        alive = len(self._alive(mutants))
        counted = len(mutants) - sum(map(self._is_equivalent, mutants))
        rate = f"{(counted - alive) / counted:.0%}" if counted else "-"
        kinds = (by["unit"], by["python"], by["data"], alive)
        return _COLUMNS.format(name, places, len(mutants), *kinds, rate)

    def _figures(self, trial: Trial) -> dict[str, object]:
        alive = len(self._alive(trial.mutants))
        equivalent = sum(map(self._is_equivalent, trial.mutants))
        counted = len(trial.mutants) - equivalent
        return {
            "tried": len(trial.mutants),
            "equivalent": equivalent,
            "killed": counted - alive,
            "rate": round((counted - alive) / counted, 3) if counted else None,
        }
