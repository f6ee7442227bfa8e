"""``python -m kill_loop``: the long form; stopped and begun again, it goes on."""

import argparse
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

from kill_loop.loop import Plan, Progress, run_loop
from kill_loop.twin import final_faults

PROJECT = Path(__file__).resolve().parents[2]
CONFIG = """\
generator:
  server_count: 4
  first_date: 2024-07-01
  last_date: 2025-06-30
jobs:
  candidates: [holt_winters_calendar]
"""
SHARES = {"load": 0.36, "build": 0.18, "jobs": 0.18, "maintain": 0.2, "run": 0.08}
"""Of the kills, by command."""
KINDS = ("lost", "doubled", "changed", "mixed", "refused", "stale", "failed", "left")


def main() -> int:
    """Kill, and return 1 when a fault was found."""
    asked = _arguments()
    folder = asked.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    counts = {name: round(share * asked.kills) for name, share in SHARES.items()}
    plan = Plan(folder, CONFIG, counts, seed=asked.seed)
    progress = run_loop(plan, seconds=asked.minutes * 60)
    is_done = progress.kills.total() >= sum(counts.values())
    if is_done and not progress.faults:
        progress.faults += final_faults(plan, progress)
        progress.save(folder)
    figure = figure_of(progress, asked=sum(counts.values()))
    place = PROJECT / "target" / "reliability" / "kills.json"
    place.parent.mkdir(parents=True, exist_ok=True)
    content = {"figure": figure, "command": "make test-kill", "commit": _commit()}
    place.write_text(json.dumps(content) + "\n")
    found = [f"{fault.kind}: {fault.text}" for fault in progress.faults]
    sys.stdout.write("\n".join([figure, *found]) + "\n")
    return int(bool(progress.faults))


def figure_of(progress: Progress, *, asked: int) -> str:
    """Return the sums of all parts in a line, for docs/reliability.md."""
    kinds = Counter(fault.kind for fault in progress.faults)
    commands = ", ".join(f"{count} {name}" for name, count in progress.kills.items())
    faults = ", ".join(f"{kinds[kind]} {kind}" for kind in KINDS)
    count = progress.kills.total()
    kills = f"{count} kills" if count >= asked else f"{count} of {asked} kills"
    return f"{kills} ({commands}), {progress.polls} polls of a reader: {faults}"


def _commit() -> str:
    told = subprocess.run(
        ["git", "describe", "--always", "--dirty"],  # noqa: S607 - the developer's git
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    return told.stdout.strip() or "unknown"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m kill_loop", description=__doc__)
    parser.add_argument("--kills", type=int, default=200, help="default: 200")
    parser.add_argument(
        "--seed", type=int, default=1, help="of the moments; default: 1"
    )
    parser.add_argument(
        "--minutes",
        type=float,
        default=float("inf"),
        help="stop after so many; the same command goes on",
    )
    parser.add_argument(
        "--folder",
        type=Path,
        default=PROJECT / "target" / "kills",
        help="of the warehouse and the progress; without it all begins anew",
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
