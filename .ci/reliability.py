"""Write docs/reliability.md: each promise, the figure measured, how to repeat it.

Usage: ``make reliability``. Tests that measure leave ``target/reliability/NAME.json``
(`record_figure` of tests/conftest.py); what is there replaces the figure of that name
in docs/reliability.json, and the page is written from all of them.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[1]
MEASURED = PROJECT / "target" / "reliability"
KEPT = PROJECT / "docs" / "reliability.json"
PAGE = PROJECT / "docs" / "reliability.md"

INTRODUCTION = """\
# Reliability

Written by `make reliability`; do not edit.

What holds when a command is killed, a file is wrong, a reader is in the way or a
service fails. Tests of each commit (`make test`) hold it; what takes longer is measured
by the command beside its figure, at the commit named there.
"""

MUTANTS = """
## Faults in a model's SQL that its tests notice

A sample of each model's operators and constants, changed one at a time. Those that no
data can tell from the model are listed with their reason in
[equivalents.csv](../tests/mutants/equivalents.csv).

| model | tried | equivalent | noticed | of the others |
| --- | ---: | ---: | ---: | ---: |"""


@dataclass(frozen=True)
class Promise:
    """A sentence that a user can rely on.

    Attributes
    ----------
    text
        What holds.
    tests
        Files below ``tests`` that hold it at each commit.
    figures
        Name of a measured figure, and what is asked of it.
    """

    text: str
    tests: Sequence[str]
    figures: Mapping[str, str]


PROMISES = (
    Promise(
        "A warehouse that was copied or moved is refused with the command that adopts"
        " it; neither copy loses a file of the other.",
        ("python/store/test_adopt.py", "python/cli/test_cli_copied_warehouse.py"),
        {},
    ),
    Promise(
        "A command killed at any moment is repaired by the same command: nothing lost,"
        " nothing doubled, no stale lock.",
        ("python/cli/test_kill_loop.py", "python/cli/test_cli_run.py"),
        {"kills": "0 lost, doubled, mixed, stale"},
    ),
    Promise(
        "A reader sees the last green build, whole, of one as-of date, during a build"
        " and after any kill; it stops no command.",
        (
            "python/cli/test_cli_swap.py",
            "python/cli/test_cli_run.py",
            "python/cli/test_kill_loop.py",
        ),
        {},
    ),
    Promise(
        "Any sequence of loads, late and conflicting rows, other as-of dates, upkeep"
        " and kills ends in the marts of a full refresh.",
        ("python/models/test_drawn_histories.py", "python/models/test_late_days.py"),
        {"sequences": "30 sequences, all equal"},
    ),
    Promise(
        "The hundredth load costs what the first did, and leaves no file of nobody.",
        ("python/maintenance/test_many_commits.py",),
        {"hundredth_load": "≤ 1.5 times the first; 0 orphans"},
    ),
    Promise(
        "A month of daily loads, maintained, is as small as one load of its rows.",
        ("python/maintenance/test_many_commits.py",),
        {"month_of_loads": "≤ 3 times the files, ≤ 1.5 times the bytes"},
    ),
    Promise(
        "A wrong file, text, option or configuration is one message that names it and"
        " says what to do; nothing of it is stored.",
        (
            "python/loader/test_loader_malformed.py",
            "python/loader/test_loader_names.py",
            "python/cli/test_cli_texts.py",
            "python/cli/test_cli_config.py",
            "python/cli/test_cli_usage.py",
        ),
        {},
    ),
    Promise(
        "A full disk, no memory, a clock far ahead or a folder without rights is told"
        " with exit code 4; nothing is half written.",
        ("python/cli/test_cli_machine.py", "python/store/test_store.py"),
        {},
    ),
    Promise(
        "Cleansing, deliveries, probabilities and texts keep their laws for drawn"
        " data.",
        ("python/properties",),
        {"properties": "≥ 15 properties of ≥ 500 examples"},
    ),
    Promise(
        "Of changes of one operator or constant in a model's SQL, nine in ten turn a"
        " test red.",
        (),
        {"mutants": "≥ 90 % of what is not equivalent; ≤ 5 % equivalent"},
    ),
    Promise(
        "Errors and lost answers of S3 and Glue lose nothing and double nothing.",
        ("python/aws",),
        {"aws_faults": "0 lost, 0 doubled"},
    ),
)


def main() -> int:
    """Take over what was measured and write the page."""
    figures = json.loads(KEPT.read_text("utf-8")) if KEPT.exists() else {}
    known = {name for promise in PROMISES for name in promise.figures}
    for path in sorted(MEASURED.glob("*.json")):
        if path.stem not in known:
            sys.stderr.write(
                f"{path.name} is a figure of no promise → .ci/reliability.py\n"
            )
            return 1
        figures[path.stem] = json.loads(path.read_text("utf-8"))
    KEPT.write_text(json.dumps(figures, indent=2, sort_keys=True) + "\n", "utf-8")
    PAGE.write_text(page(figures), "utf-8")
    sys.stdout.write(f"{PAGE.relative_to(PROJECT)}\n")
    return 0


def page(figures: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the page for the figures of those names."""
    lines = [
        INTRODUCTION,
        "| promise | tests of each commit | asked | measured | how, at which commit |",
        "| --- | --- | --- | --- | --- |",
    ]
    for promise in PROMISES:
        tests = "<br>".join(
            f"[{Path(each).name}](../tests/{each})" for each in promise.tests
        )
        asked, found, how = "", "", ""
        for name, wanted in promise.figures.items():
            figure = figures.get(name)
            asked = wanted
            found = figure["figure"] if figure else "not measured"
            how = f"`{figure['command']}`, {figure['commit']}" if figure else ""
        lines.append(f"| {promise.text} | {tests} | {asked} | {found} | {how} |")
    lines += _mutants(figures.get("mutants", {}).get("models", {}))
    return "\n".join(lines) + "\n"


def _mutants(models: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return how many faults of each model's SQL its tests notice, the worst first."""
    if not models:
        return []
    worst = sorted(models.items(), key=lambda each: (each[1]["rate"], each[0]))
    rows = [
        f"| `{name}` | {rates['tried']} | {rates['equivalent']} | {rates['killed']} |"
        f" {rates['rate']:.0%} |"
        for name, rates in worst
    ]
    return [MUTANTS, *rows]


if __name__ == "__main__":
    sys.exit(main())
