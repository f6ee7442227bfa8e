"""What every command is held to that refuses a warehouse: nothing in it changes."""

from pathlib import Path

COMMANDS = (
    "init",
    "generate",
    "load metrics.csv",
    "build",
    "build --select dim_series",
    "jobs",
    "jobs usage_forecasts --from-saved",
    "run",
    "maintain",
    "maintain --dry-run",
    "maintain --delete-orphans",
    "query servers_above_cpu --above-pct 80 --days 30",
    "query servers_above_cpu --as-of 2025-01-01",
    "status",
)


def state(warehouse: Path) -> dict[str, bytes]:
    """Return what stands in a warehouse, but for the note and file of its lock."""
    return {
        str(path): path.read_bytes()
        for path in warehouse.rglob("*")
        if path.is_file() and path.name not in {"run.lock", "run.json"}
    }
