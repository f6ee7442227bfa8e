"""Policy seeds: every row is somebody's policy, every key is one that exists."""

import csv
import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from python_jobs.generator import GeneratorConfig
from python_jobs.store import TABLES

SEEDS = Path(__file__).parents[3] / "seeds"
KEYS = ("server_type", "criticality", "metric")
"""From the most specific to the least, as int_series_policies ranks them."""


def rows(seed: str) -> list[dict[str, str]]:
    """Read a seed."""
    with (SEEDS / f"{seed}.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


METRICS = tuple(row["metric"] for row in rows("metric_definitions"))
DOMAIN = {
    "metric": METRICS,
    "criticality": tuple(GeneratorConfig().criticalities),
    "server_type": tuple(GeneratorConfig().archetypes),
}
VALUES = tuple(
    name for name in rows("risk_policies")[0] if name not in (*KEYS, "valid_from")
)


def segments() -> Iterator[dict[str, str]]:
    """Yield every kind of series, those of unknown servers included."""
    kinds = [(*DOMAIN[key], "unknown") for key in KEYS]
    for values in itertools.product(*kinds):
        yield dict(zip(KEYS, values, strict=True))


def fits(row: dict[str, str], segment: dict[str, str]) -> bool:
    """Return whether a policy row applies to a kind of series."""
    return all(row[key] in ("any", segment[key]) for key in KEYS)


def winners(day: str) -> set[int]:
    """Return the rows that give some series some value on a day."""
    policies = list(enumerate(rows("risk_policies")))
    won: set[int] = set()
    for segment, value in itertools.product(segments(), VALUES):
        giving = [
            ([row[key] != "any" for key in KEYS], row["valid_from"], number)
            for number, row in policies
            if row[value] and row["valid_from"] <= day and fits(row, segment)
        ]
        if giving:
            won.add(max(giving)[2])
    return won


def test_every_policy_row_is_read() -> None:
    """A row that never wins, on any day a row begins, is refused."""
    policies = rows("risk_policies")
    won = set().union(*(winners(row["valid_from"]) for row in policies))
    unread = [row for number, row in enumerate(policies) if number not in won]
    assert not unread


@pytest.mark.parametrize("key", KEYS)
def test_every_policy_key_exists(key: str) -> None:
    """A misspelt metric, criticality or server type would silently apply to nobody."""
    named = {row[key] for row in rows("risk_policies")} - {"any"}
    assert named <= set(DOMAIN[key])


def test_the_default_policy_is_complete() -> None:
    """The row for all gives every value, so that no series is without a policy."""
    (default,) = (
        row for row in rows("risk_policies") if all(row[key] == "any" for key in KEYS)
    )
    assert all(default[value] for value in VALUES)
    assert float(default["high_threshold_pct"]) < float(
        default["very_high_threshold_pct"]
    )


def test_metric_definitions_name_columns_that_exist() -> None:
    """Samples come from a column of the metrics, sizes from one of the inventory."""
    samples = set(TABLES["raw.server_metrics"].column_names)
    sizes = set(TABLES["raw.servers"].column_names)
    for row in rows("metric_definitions"):
        assert row["source_column"] in samples
        assert row["capacity_column"] in sizes
        assert row["usage_unit"] in ("percent", "mbps")
