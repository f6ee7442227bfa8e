"""What dbt's nodes scanned on Athena, which is what Athena is paid for.

A build is several dbt processes; each leaves its figures here when it ends, green or
not, until the next build begins. Jobs read Iceberg files by themselves: no scan.
"""

import json
import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from rich.table import Table

from python_jobs.cli.tables import fact_table
from python_jobs.platform.settings import Settings

USD_PER_TB = 5.0
"""Athena's price in us-east-1 for a TB (10^12 bytes) scanned, in 2026."""

LEAST_BYTES = 10_000_000
"""Athena charges each query that scans for at least so many."""

_SHOWN_NODES = 10


@dataclass(frozen=True)
class Phase:
    """One dbt process of a build.

    Attributes
    ----------
    name
        What the step is called in the progress.
    finished_at
        UTC time of its end, ISO.
    scanned
        Bytes by node, such as ``model int_server_days``.
    """

    name: str
    finished_at: str
    scanned: dict[str, int]


def forget_scans(settings: Settings) -> None:
    """Remove the figures of the last build: another one begins."""
    _path(settings).unlink(missing_ok=True)


def record_scans(settings: Settings, name: str) -> None:
    """Keep what the dbt process that has just ended scanned; on Athena only."""
    if settings.target != "athena":
        return
    path = settings.warehouse / "target" / "run_results.json"
    try:
        results = json.loads(path.read_text("utf-8"))["results"]
    except (OSError, ValueError, KeyError):
        return
    scanned: Counter[str] = Counter()
    for result in results:
        kind, _, node, *_ = result["unique_id"].split(".")
        figures = result.get("adapter_response") or {}
        scanned[f"{kind} {node}"] += int(figures.get("data_scanned_in_bytes") or 0)
    finished_at = datetime.now(UTC).isoformat(timespec="seconds")
    phases = [*read_scans(settings), Phase(name, finished_at, dict(scanned))]
    draft = _path(settings).with_suffix(".tmp")
    content = [asdict(phase) for phase in phases]
    draft.write_text(json.dumps(content, indent=2) + "\n", "utf-8")
    draft.replace(_path(settings))


def read_scans(settings: Settings) -> list[Phase]:
    """Return the phases of the last build, those of a broken record left out."""
    try:
        return [
            Phase(**each) for each in json.loads(_path(settings).read_text("utf-8"))
        ]
    except (OSError, ValueError, TypeError):
        return []


def estimated_usd(scanned: int) -> float:
    """Return what one query costs that scanned so many bytes; none: nothing."""
    if scanned == 0:
        return 0.0
    charged = max(LEAST_BYTES, math.ceil(scanned / 1e6) * 1_000_000)
    return charged * USD_PER_TB / 1e12


def scan_tables(settings: Settings) -> Iterator[Table]:
    """Yield what `capacity status` shows: totals by phase, and the largest nodes."""
    phases = read_scans(settings)
    if not phases:
        return
    facts = fact_table("scanned by the last build on Athena")
    for phase in phases:
        total = sum(phase.scanned.values())
        facts.add_row(
            phase.name,
            f"{_megabytes(total)} in {len(phase.scanned)} nodes, ended"
            f" {phase.finished_at}",
        )
    every = [each for phase in phases for each in phase.scanned.values()]
    facts.add_row("in all", _megabytes(sum(every)))
    facts.add_row(
        "estimated cost",
        f"{sum(map(estimated_usd, every)):.4f} USD at {USD_PER_TB:.2f} USD a TB,"
        f" {LEAST_BYTES // 1_000_000} MB a query at least; S3 and Glue apart",
    )
    yield facts
    yield _largest(phases)


def _largest(phases: list[Phase]) -> Table:
    """Return the nodes that scanned most, over all phases."""
    scanned: Counter[str] = Counter()
    for phase in phases:
        scanned.update(phase.scanned)
    total = max(sum(scanned.values()), 1)
    table = Table("node", "scanned", "of all", box=None, pad_edge=False)
    for node, count in scanned.most_common(_SHOWN_NODES):
        if count:
            table.add_row(node, _megabytes(count), f"{count / total:.0%}")
    table.columns[1].justify = table.columns[2].justify = "right"
    return table


def _megabytes(count: int) -> str:
    return f"{count / 1e6:,.1f} MB"


def _path(settings: Settings) -> Path:
    return settings.warehouse / "scans_athena.json"
