"""What came of a model's mutants."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Mutant:
    """A fault in a model, and the test that noticed.

    Attributes
    ----------
    key
        Digits by which the list of equivalents names it.
    killer
        Kind of the test: unit, python or data; None: it lives.
    """

    key: str
    operator: str
    change: str
    killer: str | None
    test: str | None


@dataclass(frozen=True)
class Trial:
    """All mutants of a model that were tried."""

    model: str
    layer: str
    place_count: int
    mutants: tuple[Mutant, ...]


def keep(path: Path, trial: Trial) -> None:
    """Write a trial where the next run finds it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(asdict(trial)), encoding="utf-8")


def kept(path: Path) -> Trial | None:
    """Return the trial of an earlier run; None: there is none."""
    if not path.exists():
        return None
    content = json.loads(path.read_text("utf-8"))
    mutants = tuple(Mutant(**each) for each in content.pop("mutants"))
    return Trial(**content, mutants=mutants)
